BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
INSERT INTO "audit" VALUES(1,'2026-11-22T12:00:01.000000+00:00','run.started','slack:T1:anna','run_d2gpq772y948',NULL,'{"agent":"support","version":"b9d7ed349ba2"}','0000000000000000000000000000000000000000000000000000000000000000','8512e8775353755a43078a73e2c4cac7a79c91bfdebde686f0360d8ef0cd780a');
INSERT INTO "audit" VALUES(2,'2026-11-22T12:00:01.000000+00:00','request.created','agent:support','run_d2gpq772y948','req_se9869s5g9zr','{"action":"execute_financial_action","fingerprint":"64721d4043097b46cb272bfe36fd925872e0e865379bc45b191cf1c123891eb7","revision":1,"rules":["all"]}','8512e8775353755a43078a73e2c4cac7a79c91bfdebde686f0360d8ef0cd780a','3a737ed9118f9893f3609d314285ce0db17803df5cf52a2b7559175ae0561e4e');
INSERT INTO "audit" VALUES(3,'2026-11-22T12:00:02.000000+00:00','run.started','slack:T1:anna','run_p4ybyqkbagkm',NULL,'{"agent":"support","version":"b9d7ed349ba2"}','3a737ed9118f9893f3609d314285ce0db17803df5cf52a2b7559175ae0561e4e','6464405a93c1cda16a38acece75b505bb811f90ee7fd2374c32da86b53486564');
INSERT INTO "audit" VALUES(4,'2026-11-22T12:00:02.000000+00:00','request.created','agent:support','run_p4ybyqkbagkm','req_qjepsa10p7cj','{"action":"send_external_email","fingerprint":"0a35db71c3fcaca8125f3babeab487fe8dd0aef78a130e0f6466aa9adc41ccf2","revision":1,"rules":["all"]}','6464405a93c1cda16a38acece75b505bb811f90ee7fd2374c32da86b53486564','4e1c960575fca42f713731219a87af698d37359db75d989d34cd5710792ac927');
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
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_decisions PRIMARY KEY (id), 
	CONSTRAINT fk_decisions_request_id_requests FOREIGN KEY(request_id) REFERENCES requests (id), 
	CONSTRAINT uq_decisions_request_id_revision_person_key_verb UNIQUE (request_id, revision, person_key, verb)
);
CREATE TABLE deliveries (
	"key" VARCHAR NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY ("key")
);
INSERT INTO "deliveries" VALUES('delivery_bcb3xn13jmyx','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_0g2cspn3ca4k','2026-11-22T12:00:02.000000+00:00');
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
INSERT INTO "messages" VALUES('msg_8q3yfacash2v','run','run_d2gpq772y948','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":1}','f15852b2e8e407729e76b68db626968e90fd175921f078c83a12c0022f251c6d','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "messages" VALUES('msg_fegskz63mgg2','card','req_se9869s5g9zr','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":2}','78c4a79ad737ed4f233c2043cfcc26bc132b048af03df7241551d3d719ad49e5','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "messages" VALUES('msg_x2bdwxwsps65','run','run_p4ybyqkbagkm','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":3}','0e07fd2e5f96f2bbdb1f0823fdef74d2acce3794e56e87895bb9e6afe5dd3bf5','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "messages" VALUES('msg_cddfmvh50eq1','card','req_qjepsa10p7cj','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":4}','2e231934845fbe5adfb582ff8a283b27e6a351b58bd42acfe28d75a86792328a','2026-11-22T12:00:02.000000+00:00');
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
	decided_at TEXT, 
	CONSTRAINT pk_requests PRIMARY KEY (id), 
	CONSTRAINT fk_requests_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "requests" VALUES('req_se9869s5g9zr','run_d2gpq772y948',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','execute_financial_action','Refund 480.00 USD to Mia Keller for order A-1042.','[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"a9a73c66d44b5bfef42795e6a33fa4c64142408f79a240132de410ed9920fb27","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400}','64721d4043097b46cb272bfe36fd925872e0e865379bc45b191cf1c123891eb7','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','pending',NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T16:00:01.000000+00:00',NULL);
INSERT INTO "requests" VALUES('req_qjepsa10p7cj','run_p4ybyqkbagkm',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','send_external_email','Answer mia@example.com: A question that the help centre answers.','[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"a9a73c66d44b5bfef42795e6a33fa4c64142408f79a240132de410ed9920fb27","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400}','0a35db71c3fcaca8125f3babeab487fe8dd0aef78a130e0f6466aa9adc41ccf2','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','pending',NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T16:00:02.000000+00:00',NULL);
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
INSERT INTO "revisions" VALUES('req_se9869s5g9zr',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"a9a73c66d44b5bfef42795e6a33fa4c64142408f79a240132de410ed9920fb27","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400}','64721d4043097b46cb272bfe36fd925872e0e865379bc45b191cf1c123891eb7',NULL,'2026-11-22T12:00:01.000000+00:00');
INSERT INTO "revisions" VALUES('req_qjepsa10p7cj',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"a9a73c66d44b5bfef42795e6a33fa4c64142408f79a240132de410ed9920fb27","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400}','0a35db71c3fcaca8125f3babeab487fe8dd0aef78a130e0f6466aa9adc41ccf2',NULL,'2026-11-22T12:00:02.000000+00:00');
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
	total_cost_usd FLOAT, 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('run_d2gpq772y948','e2b8e510e9d56d56672d2715c4e8178a','support','b9d7ed349ba2',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

The lamp of A-1042 broke. Please refund $480.','waiting',1,NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_p4ybyqkbagkm','6c61e6af6154f9cf11e4921d7ff0c601','support','b9d7ed349ba2',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

When are you open on Saturday?','waiting',1,NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "steps" VALUES('run_d2gpq772y948',1,'5a414b1404e62dc5','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":82},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"The lamp of A-1042 broke. Please refund $480.","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:31.546766+00:00','2026-11-23T06:53:31.560691+00:00');
INSERT INTO "steps" VALUES('run_d2gpq772y948',2,'7dab60bc4d60bcc1','retrieval','customer','done','{"query":"mia@example.com, A-1042","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:31.563605+00:00','2026-11-23T06:53:31.572498+00:00');
INSERT INTO "steps" VALUES('run_d2gpq772y948',3,'609d3755c148e4f9','retrieval','help_centre','done','{"query":"Lamp\n\nThe lamp of A-1042 broke. Please refund $480.","sources_retrieved":["returns","refunds"]}','[{"slug":"returns","title":"Sending an item back","text":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null},{"slug":"refunds","title":"Refunds for broken, defective or returned items","text":"If an item arrives broken or stops working within 30 days, we refund what was paid for it. Money goes back to the card or account that paid, usually within 5 to 10 working days. A refund is never more than what was paid for the order.","link":null}]',NULL,'2026-11-23T06:53:31.574354+00:00','2026-11-23T06:53:31.575583+00:00');
INSERT INTO "steps" VALUES('run_d2gpq772y948',4,'f29b128cd9a3d5d0','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"refund: The customer wants money back for an order.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"refund","summary":"The customer wants money back for an order.","quote":"Please refund $480.","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":"A-1042","amount":"480","currency":"USD","field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":null},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:31.576713+00:00','2026-11-23T06:53:31.582944+00:00');
INSERT INTO "steps" VALUES('run_d2gpq772y948',5,'1df0911a1c79878a','tool_call','execute_financial_action','done','{"tool":"execute_financial_action","arguments":{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"},"target":"480.00 USD of ch_A1042","summary":"Refund 480.00 USD to Mia Keller for order A-1042.","evidence":[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"a9a73c66d44b5bfef42795e6a33fa4c64142408f79a240132de410ed9920fb27","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400},"result":"pending_approval","approval_request_id":"req_se9869s5g9zr"}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "steps" VALUES('run_d2gpq772y948',6,'0cc285974a9cfba6','approval','execute_financial_action','waiting','{"approval_request_id":"req_se9869s5g9zr","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_p4ybyqkbagkm',1,'6bc454e0dd9ddde8','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":67},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"When are you open on Saturday?","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:31.614070+00:00','2026-11-23T06:53:31.617834+00:00');
INSERT INTO "steps" VALUES('run_p4ybyqkbagkm',2,'eab57866e5f858ec','retrieval','customer','done','{"query":"mia@example.com","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:31.618947+00:00','2026-11-23T06:53:31.624850+00:00');
INSERT INTO "steps" VALUES('run_p4ybyqkbagkm',3,'3c8b8a4d344a0584','retrieval','help_centre','done','{"query":"Lamp\n\nWhen are you open on Saturday?","sources_retrieved":["opening-hours"]}','[{"slug":"opening-hours","title":"Opening hours and how to reach us","text":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]',NULL,'2026-11-23T06:53:31.626712+00:00','2026-11-23T06:53:31.628105+00:00');
INSERT INTO "steps" VALUES('run_p4ybyqkbagkm',4,'ade07d1504f2ffff','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"reply: A question that the help centre answers.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"reply","summary":"A question that the help centre answers.","quote":"When are you open on Saturday?","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":null,"amount":null,"currency":null,"field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:31.629331+00:00','2026-11-23T06:53:31.631227+00:00');
INSERT INTO "steps" VALUES('run_p4ybyqkbagkm',5,'38904fe496742c53','tool_call','send_external_email','done','{"tool":"send_external_email","arguments":{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"target":"mia@example.com","summary":"Answer mia@example.com: A question that the help centre answers.","evidence":[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"a9a73c66d44b5bfef42795e6a33fa4c64142408f79a240132de410ed9920fb27","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channel":null,"expires_in":14400},"result":"pending_approval","approval_request_id":"req_qjepsa10p7cj"}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "steps" VALUES('run_p4ybyqkbagkm',6,'bd06b667db4e6797','approval','send_external_email','waiting','{"approval_request_id":"req_qjepsa10p7cj","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL);
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
COMMIT;
