"""The names under which Slack reports what people do: action ids, callback ids, the command, the shortcut, the mention."""

from typing import Final

COMMAND: Final = "/signoff"

APPROVE: Final = "signoff_approve"
EDIT: Final = "signoff_edit"
REJECT: Final = "signoff_reject"
READ: Final = "signoff_read"
PREVIOUS: Final = "signoff_previous"
NEXT: Final = "signoff_next"

EDIT_FORM: Final = "signoff_edit_form"
REJECT_FORM: Final = "signoff_reject_form"
REVIEW: Final = "signoff_review"
ASK_FORM: Final = "signoff_ask_form"

ASK: Final = "signoff_ask"
MENTION: Final = "app_mention"

REQUEST_EVENT: Final = "signoff_request"
RUN_EVENT: Final = "signoff_run"
