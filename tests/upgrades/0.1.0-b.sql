BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE apikeys (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	owner TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	secret_hash VARCHAR NOT NULL, 
	per_minute INTEGER NOT NULL, 
	created_at TEXT NOT NULL, 
	expires_at TEXT, 
	revoked_at TEXT, 
	last_used_at TEXT, 
	CONSTRAINT pk_apikeys PRIMARY KEY (id)
);
CREATE TABLE audit (
	seq INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	event VARCHAR NOT NULL, 
	actor VARCHAR NOT NULL, 
	run_id VARCHAR, 
	request_id VARCHAR, 
	body TEXT NOT NULL, 
	previous VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (seq)
);
INSERT INTO "audit" VALUES(1,'2026-11-22T12:00:01.000000+00:00','run.started','slack:T1:anna','run_qew7cyc4paf5',NULL,'{"agent":"support","version":"b9d7ed349ba2"}','0000000000000000000000000000000000000000000000000000000000000000','b51cb2c612aee6761cd787b898eda55039a77660bacddda5db0d8086f8a6686f');
INSERT INTO "audit" VALUES(2,'2026-11-22T12:00:01.000000+00:00','request.created','agent:support','run_qew7cyc4paf5','req_td7m41xsy76b','{"action":"execute_financial_action","fingerprint":"0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198","revision":1,"rules":["all"]}','b51cb2c612aee6761cd787b898eda55039a77660bacddda5db0d8086f8a6686f','cd10bed1ddd809160e27231522fb258aedce798785565bd4c0b0e3f156a966e4');
INSERT INTO "audit" VALUES(3,'2026-11-22T12:00:02.000000+00:00','run.started','slack:T1:anna','run_gpcrhqfkwskb',NULL,'{"agent":"support","version":"b9d7ed349ba2"}','cd10bed1ddd809160e27231522fb258aedce798785565bd4c0b0e3f156a966e4','e34777fa8acc7c64e1d6e1b94331ff428d626f8a6bf8af3249cbe10788b7d1a7');
INSERT INTO "audit" VALUES(4,'2026-11-22T12:00:02.000000+00:00','request.created','agent:support','run_gpcrhqfkwskb','req_s9rg25ek087a','{"action":"send_external_email","fingerprint":"335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a","revision":1,"rules":["all"]}','e34777fa8acc7c64e1d6e1b94331ff428d626f8a6bf8af3249cbe10788b7d1a7','f22064b35e64ba79253c9631f7401aba2cbc03df325c2816bff42aab354e00af');
CREATE TABLE conversations (
	surface VARCHAR NOT NULL, 
	tenant VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	person VARCHAR, 
	address TEXT NOT NULL, 
	seen_at TEXT NOT NULL, 
	CONSTRAINT pk_conversations PRIMARY KEY (surface, tenant, id)
);
CREATE TABLE decisions (
	id VARCHAR NOT NULL, 
	request_id VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	person TEXT NOT NULL, 
	person_key VARCHAR NOT NULL, 
	verb VARCHAR NOT NULL, 
	reason TEXT, 
	notes TEXT NOT NULL, 
	created_at TEXT NOT NULL, lent_by TEXT, seal VARCHAR DEFAULT '' NOT NULL, 
	CONSTRAINT pk_decisions PRIMARY KEY (id), 
	CONSTRAINT fk_decisions_request_id_requests FOREIGN KEY(request_id) REFERENCES requests (id), 
	CONSTRAINT uq_decisions_request_id_revision_person_key_verb UNIQUE (request_id, revision, person_key, verb)
);
CREATE TABLE delegations (
	id VARCHAR NOT NULL, 
	giver TEXT NOT NULL, 
	giver_key VARCHAR NOT NULL, 
	taker TEXT NOT NULL, 
	taker_key VARCHAR NOT NULL, 
	created_at TEXT NOT NULL, 
	until TEXT NOT NULL, 
	ended_at TEXT, 
	CONSTRAINT pk_delegations PRIMARY KEY (id)
);
CREATE TABLE deliveries (
	"key" VARCHAR NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY ("key")
);
INSERT INTO "deliveries" VALUES('delivery_me4w4vwgwja6','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_n813akgpx62w','2026-11-22T12:00:02.000000+00:00');
CREATE TABLE evaluations (
	id VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	step INTEGER NOT NULL, 
	request_id VARCHAR, 
	agent VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	verdict VARCHAR NOT NULL, 
	decision VARCHAR NOT NULL, 
	outcome VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_evaluations PRIMARY KEY (id), 
	CONSTRAINT fk_evaluations_request_id_requests FOREIGN KEY(request_id) REFERENCES requests (id), 
	CONSTRAINT fk_evaluations_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE TABLE executions (
	id VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	step INTEGER NOT NULL, 
	request_id VARCHAR, 
	action VARCHAR NOT NULL, 
	arguments TEXT NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	receipt TEXT, 
	error TEXT, 
	started_at TEXT NOT NULL, 
	finished_at TEXT, 
	CONSTRAINT pk_executions PRIMARY KEY (id), 
	CONSTRAINT fk_executions_request_id_requests FOREIGN KEY(request_id) REFERENCES requests (id), 
	CONSTRAINT fk_executions_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id), 
	CONSTRAINT uq_executions_request_id UNIQUE (request_id), 
	CONSTRAINT uq_executions_run_id_step UNIQUE (run_id, step)
);
CREATE TABLE identities (
	"key" VARCHAR NOT NULL, 
	human VARCHAR NOT NULL, 
	person TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_identities PRIMARY KEY ("key")
);
CREATE TABLE jobs (
	id INTEGER NOT NULL, 
	task VARCHAR NOT NULL, 
	payload TEXT NOT NULL, 
	lock VARCHAR, 
	"key" VARCHAR, 
	due_at TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	error TEXT, 
	CONSTRAINT pk_jobs PRIMARY KEY (id)
);
CREATE TABLE messages (
	id VARCHAR NOT NULL, 
	purpose VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	place TEXT NOT NULL, 
	surface VARCHAR NOT NULL, 
	tenant VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	address TEXT, 
	shown VARCHAR, 
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (id), 
	CONSTRAINT uq_messages_subject_purpose_surface_tenant_channel UNIQUE (subject, purpose, surface, tenant, channel)
);
INSERT INTO "messages" VALUES('msg_p0a31m8aq0c9','run','run_qew7cyc4paf5','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":1}','2c9e372ad3dc95c867f156fe9220195860eb3b2bbe55754e7b633a7b9e5d7b44','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "messages" VALUES('msg_0pg4f0kvpzqx','card','req_td7m41xsy76b','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":2}','898644e31e050435cae24ed7f16b2c8f898773e9d42c10ae2890a807cb9624ba','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "messages" VALUES('msg_hndjfw630mbb','run','run_gpcrhqfkwskb','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":3}','ca7301731577880bf17f897761ac25a3dd80c58b4e691af7bbd2f1ea7f8e0db2','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "messages" VALUES('msg_tq07a5rqe8gd','card','req_s9rg25ek087a','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":4}','76ef53bb7d80e59b0a51101ef087a34ff89998da4afb26130a6b602e5a76b41a','2026-11-22T12:00:02.000000+00:00');
CREATE TABLE requests (
	id VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	step INTEGER NOT NULL, 
	agent VARCHAR NOT NULL, 
	tenant VARCHAR NOT NULL, 
	requester TEXT NOT NULL, 
	requester_key VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	summary TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	labels TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	arguments TEXT NOT NULL, 
	target TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	place TEXT, 
	status VARCHAR NOT NULL, 
	reason TEXT, 
	created_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	decided_at TEXT, on_behalf_of TEXT, api_key VARCHAR, nudge_at TEXT, escalated_at TEXT, 
	CONSTRAINT pk_requests PRIMARY KEY (id), 
	CONSTRAINT fk_requests_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "requests" VALUES('req_td7m41xsy76b','run_qew7cyc4paf5',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','execute_financial_action','Refund 480.00 USD to Mia Keller for order A-1042.','[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','pending',NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T16:00:01.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:01.000000+00:00',NULL);
INSERT INTO "requests" VALUES('req_s9rg25ek087a','run_gpcrhqfkwskb',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','send_external_email','Answer mia@example.com: A question that the help centre answers.','[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','pending',NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T16:00:02.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:02.000000+00:00',NULL);
CREATE TABLE revisions (
	request_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	arguments TEXT NOT NULL, 
	target TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	editor TEXT, 
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_revisions PRIMARY KEY (request_id, number), 
	CONSTRAINT fk_revisions_request_id_requests FOREIGN KEY(request_id) REFERENCES requests (id)
);
INSERT INTO "revisions" VALUES('req_td7m41xsy76b',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198',NULL,'2026-11-22T12:00:01.000000+00:00');
INSERT INTO "revisions" VALUES('req_s9rg25ek087a',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a',NULL,'2026-11-22T12:00:02.000000+00:00');
CREATE TABLE runs (
	id VARCHAR NOT NULL, 
	trace_id VARCHAR NOT NULL, 
	agent VARCHAR NOT NULL, 
	agent_version VARCHAR NOT NULL, 
	level INTEGER NOT NULL, 
	requester TEXT NOT NULL, 
	origin TEXT, 
	input TEXT NOT NULL, 
	status VARCHAR NOT NULL, 
	attempt INTEGER NOT NULL, 
	final_output TEXT, 
	error TEXT, 
	created_at TEXT NOT NULL, 
	finished_at TEXT, 
	total_latency_ms BIGINT, 
	waited_ms BIGINT, 
	prompt_tokens INTEGER, 
	completion_tokens INTEGER, 
	total_cost_usd FLOAT, on_behalf_of TEXT, api_key VARCHAR, 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('run_qew7cyc4paf5','ec5b12749749785f380f796559a4433a','support','b9d7ed349ba2',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

The lamp of A-1042 broke. Please refund $480.','waiting',1,NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_gpcrhqfkwskb','105e8fb5701744e13d224aa7e6343556','support','b9d7ed349ba2',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

When are you open on Saturday?','waiting',1,NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE steps (
	run_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	span_id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	detail TEXT NOT NULL, 
	result TEXT, 
	error TEXT, 
	started_at TEXT NOT NULL, 
	finished_at TEXT, 
	CONSTRAINT pk_steps PRIMARY KEY (run_id, number), 
	CONSTRAINT fk_steps_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "steps" VALUES('run_qew7cyc4paf5',1,'465b8b2ba8b955df','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":82},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"The lamp of A-1042 broke. Please refund $480.","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:34.036510+00:00','2026-11-23T06:53:34.051183+00:00');
INSERT INTO "steps" VALUES('run_qew7cyc4paf5',2,'32a8eacec3c22c0e','retrieval','customer','done','{"query":"mia@example.com, A-1042","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:34.054976+00:00','2026-11-23T06:53:34.066438+00:00');
INSERT INTO "steps" VALUES('run_qew7cyc4paf5',3,'5ac9200493b56284','retrieval','help_centre','done','{"query":"Lamp\n\nThe lamp of A-1042 broke. Please refund $480.","sources_retrieved":["returns","refunds"]}','[{"slug":"returns","title":"Sending an item back","text":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null},{"slug":"refunds","title":"Refunds for broken, defective or returned items","text":"If an item arrives broken or stops working within 30 days, we refund what was paid for it. Money goes back to the card or account that paid, usually within 5 to 10 working days. A refund is never more than what was paid for the order.","link":null}]',NULL,'2026-11-23T06:53:34.068369+00:00','2026-11-23T06:53:34.070051+00:00');
INSERT INTO "steps" VALUES('run_qew7cyc4paf5',4,'5841a9decdcdf41e','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"refund: The customer wants money back for an order.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"refund","summary":"The customer wants money back for an order.","quote":"Please refund $480.","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":"A-1042","amount":"480","currency":"USD","field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":null},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:34.071589+00:00','2026-11-23T06:53:34.076348+00:00');
INSERT INTO "steps" VALUES('run_qew7cyc4paf5',5,'51b7fd54713cf02c','tool_call','execute_financial_action','done','{"tool":"execute_financial_action","arguments":{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"},"target":"480.00 USD of ch_A1042","summary":"Refund 480.00 USD to Mia Keller for order A-1042.","evidence":[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_td7m41xsy76b"}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "steps" VALUES('run_qew7cyc4paf5',6,'73bc606ad799b4c4','approval','execute_financial_action','waiting','{"approval_request_id":"req_td7m41xsy76b","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_gpcrhqfkwskb',1,'095f45a5e4f72008','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":67},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"When are you open on Saturday?","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:34.106516+00:00','2026-11-23T06:53:34.109130+00:00');
INSERT INTO "steps" VALUES('run_gpcrhqfkwskb',2,'ac24391b1b353b1b','retrieval','customer','done','{"query":"mia@example.com","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:34.110639+00:00','2026-11-23T06:53:34.115725+00:00');
INSERT INTO "steps" VALUES('run_gpcrhqfkwskb',3,'9101e30e661715cb','retrieval','help_centre','done','{"query":"Lamp\n\nWhen are you open on Saturday?","sources_retrieved":["opening-hours"]}','[{"slug":"opening-hours","title":"Opening hours and how to reach us","text":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]',NULL,'2026-11-23T06:53:34.117083+00:00','2026-11-23T06:53:34.118005+00:00');
INSERT INTO "steps" VALUES('run_gpcrhqfkwskb',4,'e942540f913798f8','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"reply: A question that the help centre answers.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"reply","summary":"A question that the help centre answers.","quote":"When are you open on Saturday?","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":null,"amount":null,"currency":null,"field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:34.119238+00:00','2026-11-23T06:53:34.120932+00:00');
INSERT INTO "steps" VALUES('run_gpcrhqfkwskb',5,'9293742869538c38','tool_call','send_external_email','done','{"tool":"send_external_email","arguments":{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"target":"mia@example.com","summary":"Answer mia@example.com: A question that the help centre answers.","evidence":[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_s9rg25ek087a"}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "steps" VALUES('run_gpcrhqfkwskb',6,'ad54497b78f6873f','approval','send_external_email','waiting','{"approval_request_id":"req_s9rg25ek087a","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL);
CREATE TABLE submissions (
	api_key VARCHAR NOT NULL, 
	idempotency_key VARCHAR NOT NULL, 
	body VARCHAR NOT NULL, 
	request_id VARCHAR NOT NULL, 
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_submissions PRIMARY KEY (api_key, idempotency_key), 
	CONSTRAINT fk_submissions_api_key_apikeys FOREIGN KEY(api_key) REFERENCES apikeys (id), 
	CONSTRAINT fk_submissions_request_id_requests FOREIGN KEY(request_id) REFERENCES requests (id)
);
CREATE INDEX ix_deliveries_at ON deliveries (at);
CREATE INDEX ix_runs_created_at ON runs (created_at);
CREATE INDEX ix_runs_status_created_at ON runs (status, created_at);
CREATE INDEX ix_requests_created_at ON requests (created_at);
CREATE INDEX ix_requests_requester_key ON requests (requester_key);
CREATE INDEX ix_requests_run_id ON requests (run_id);
CREATE INDEX ix_requests_status_expires_at ON requests (status, expires_at);
CREATE INDEX ix_evaluations_created_at ON evaluations (created_at);
CREATE INDEX ix_evaluations_run_id ON evaluations (run_id);
CREATE INDEX ix_audit_request_id ON audit (request_id);
CREATE INDEX ix_audit_run_id ON audit (run_id);
CREATE UNIQUE INDEX ix_jobs_key ON jobs ("key") WHERE state = 'waiting';
CREATE INDEX ix_jobs_lock_id ON jobs (lock, id);
CREATE INDEX ix_jobs_state_due_at ON jobs (state, due_at);
CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit entries are never changed or deleted'); END;
CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit entries are never changed or deleted'); END;
CREATE INDEX ix_requests_status_nudge_at ON requests (status, nudge_at);
CREATE INDEX ix_delegations_giver_key ON delegations (giver_key);
CREATE INDEX ix_delegations_taker_key ON delegations (taker_key);
CREATE INDEX ix_identities_human ON identities (human);
CREATE INDEX ix_submissions_created_at ON submissions (created_at);
CREATE INDEX ix_conversations_person ON conversations (person);
COMMIT;
