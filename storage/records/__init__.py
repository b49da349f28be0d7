"""The nouns of Signoff as frozen values, without I/O.

Every record is a frozen pydantic model, so it validates when it is made, compares by value and turns into JSON without
further code. Times are aware UTC datetimes, money is in US dollars, latencies are whole milliseconds. Ids are strings
with a prefix that says what they name (`run_`, `req_`, `dec_`, `exe_`, `eva_`, `msg_`).
"""

from storage.records.audit import AuditEntry
from storage.records.base import JsonObject, Record
from storage.records.executions import Evaluation, Execution, ExecutionStatus, PastProposal
from storage.records.jobs import Job
from storage.records.messages import Conversation, Message, MessageStatus
from storage.records.people import Delegation, Identity, Person, Place
from storage.records.policies import Adoption
from storage.records.programs import ApiKey, Scope, Submission
from storage.records.proposals import Evidence, Proposal
from storage.records.requests import Decision, Request, RequestStatus, Revision, Verb
from storage.records.runs import Run, RunStatus, Step, StepStatus, StepType
from storage.records.verdicts import Outcome, Risk, Verdict

__all__ = [
    "Adoption",
    "ApiKey",
    "AuditEntry",
    "Conversation",
    "Decision",
    "Delegation",
    "Evaluation",
    "Evidence",
    "Execution",
    "ExecutionStatus",
    "Identity",
    "Job",
    "JsonObject",
    "Message",
    "MessageStatus",
    "Outcome",
    "PastProposal",
    "Person",
    "Place",
    "Proposal",
    "Record",
    "Request",
    "RequestStatus",
    "Revision",
    "Risk",
    "Run",
    "RunStatus",
    "Scope",
    "Step",
    "StepStatus",
    "StepType",
    "Submission",
    "Verb",
    "Verdict",
]
