BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
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
INSERT INTO "audit" VALUES(1,'2026-11-22T12:00:01.000000+00:00','run.started','slack:T1:anna','run_67cexp67pjmc',NULL,'{"agent":"support","version":"1de9974d3264"}','0000000000000000000000000000000000000000000000000000000000000000','40d772ddb0cfd1ced58506ca4cb2a4d894365f93bcbe2b53d1c39ad852ac2184');
INSERT INTO "audit" VALUES(2,'2026-11-22T12:00:01.000000+00:00','request.created','agent:support','run_67cexp67pjmc','req_fy3jx8nm1w7k','{"action":"execute_financial_action","fingerprint":"0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198","revision":1,"rules":["all"]}','40d772ddb0cfd1ced58506ca4cb2a4d894365f93bcbe2b53d1c39ad852ac2184','45040e812d90433bf971f5dc811d0fc584f5705f2340ccd4ca76d6c62d94e4ed');
INSERT INTO "audit" VALUES(3,'2026-11-22T12:00:02.000000+00:00','run.started','slack:T1:anna','run_9c56khf1wx5y',NULL,'{"agent":"support","version":"1de9974d3264"}','45040e812d90433bf971f5dc811d0fc584f5705f2340ccd4ca76d6c62d94e4ed','3011ccadf2274da629d2c026492bb4d1bfe72b2a8e979ea8ff3d169cc6245039');
INSERT INTO "audit" VALUES(4,'2026-11-22T12:00:02.000000+00:00','request.created','agent:support','run_9c56khf1wx5y','req_dz22dbtjs2vp','{"action":"send_external_email","fingerprint":"335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a","revision":1,"rules":["all"]}','3011ccadf2274da629d2c026492bb4d1bfe72b2a8e979ea8ff3d169cc6245039','fd1b9650c0d209f119e63701d6792a10fcbedf63e8918ef72feea5232187f8f7');
INSERT INTO "audit" VALUES(5,'2026-11-22T12:00:03.000000+00:00','run.started','slack:T1:anna','run_7d2hk1y56dfr',NULL,'{"agent":"triage","version":"55c31860666c"}','fd1b9650c0d209f119e63701d6792a10fcbedf63e8918ef72feea5232187f8f7','541c4d6a22bde81d7b2f384ffb4b4d7ce120b4729f38a7c84be0afceddb7325f');
INSERT INTO "audit" VALUES(6,'2026-11-22T12:00:03.000000+00:00','request.created','agent:triage','run_7d2hk1y56dfr','req_h7vbakezn0zp','{"action":"update_internal_record","fingerprint":"781de73d510b968261fb37ce056e83c24f87e2de0d37c6a281116f882242c9ff","revision":1,"rules":["all"]}','541c4d6a22bde81d7b2f384ffb4b4d7ce120b4729f38a7c84be0afceddb7325f','82ed01d18cce573354d6c93a018d0bc58d5cd3e297c6247714b78e488367b66c');
INSERT INTO "audit" VALUES(7,'2026-11-22T12:00:04.000000+00:00','run.started','slack:T1:anna','run_np2fp2h617fp',NULL,'{"agent":"research","version":"0eec2a29c0a7"}','82ed01d18cce573354d6c93a018d0bc58d5cd3e297c6247714b78e488367b66c','b79cf82a1370bde46181e07d44bb8f98d6aef2d67e34a9f324aec1e2e7cae56e');
INSERT INTO "audit" VALUES(8,'2026-11-22T12:00:04.000000+00:00','request.created','agent:research','run_np2fp2h617fp','req_d1tyz85hnwak','{"action":"send_external_email","fingerprint":"8702f8df70270800c1361cf8ddf67eed96d9e638353e78dd0682b6a1d248161c","revision":1,"rules":["all"]}','b79cf82a1370bde46181e07d44bb8f98d6aef2d67e34a9f324aec1e2e7cae56e','6922afeb08ed27306ed858bd6f8b312fe7d9e9a14a3183b2102007d8f278314e');
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
INSERT INTO "deliveries" VALUES('delivery_6vxxf4h1jjsz','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_m4nejr788sty','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_5mhdk0v52k74','2026-11-22T12:00:03.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_qhmav8pbkjkq','2026-11-22T12:00:04.000000+00:00');
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
	created_at TEXT NOT NULL, home TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (id), 
	CONSTRAINT uq_messages_subject_purpose_surface_tenant_channel UNIQUE (subject, purpose, surface, tenant, channel)
);
INSERT INTO "messages" VALUES('msg_mmhpg9badjxy','run','run_67cexp67pjmc','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":1}','892626a43182987dc855af1ff231c6d1c21f2457f6931028e52aa511a092ed51','2026-11-22T12:00:01.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_qpjc46gyrpwy','card','req_fy3jx8nm1w7k','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":2}','a01b69906be5684505476716560c815beaca26d4cd704ba65baa464bd5aedc07','2026-11-22T12:00:01.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_b96krd1baycw','run','run_9c56khf1wx5y','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":3}','19d4abb9eafb9233675236b6b6bcf6f08e867ea495d74d0695fc0555dc515879','2026-11-22T12:00:02.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_2dzcwhhsm4ke','card','req_dz22dbtjs2vp','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":4}','24dead2666be0dd4411365e2ff4419619888d5323ce0fe9964df76128072fe99','2026-11-22T12:00:02.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_pxmyxmxz2fkd','run','run_7d2hk1y56dfr','{"surface":"slack","tenant":"T1","channel":"C1","thread":"5"}','slack','T1','C1','posted','{"number":5}','6dcea85fec296df63c14fd3282088974bd0aedd61366acc6f133c1b5424e78af','2026-11-22T12:00:03.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_ttvkfgzy5m64','card','req_h7vbakezn0zp','{"surface":"slack","tenant":"T1","channel":"C1","thread":"5"}','slack','T1','C1','posted','{"number":6}','e25b576a14b7ef132bb01e1a37c5ddbaa44f1f08f25f629785c60bc59cc3c0f9','2026-11-22T12:00:03.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_7hqk71591xhs','run','run_np2fp2h617fp','{"surface":"slack","tenant":"T1","channel":"C1","thread":"7"}','slack','T1','C1','posted','{"number":7}','78ab4ed4c66c4a5d14d3fbb4d118046278cf633cd78f1d1245928288508f6ac4','2026-11-22T12:00:04.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_741bm87vjm7h','card','req_d1tyz85hnwak','{"surface":"slack","tenant":"T1","channel":"C1","thread":"7"}','slack','T1','C1','posted','{"number":8}','0635c62e956c296da779c87951e981bdaf123a025d1d3d831df63435a013698a','2026-11-22T12:00:04.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
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
	status VARCHAR NOT NULL, 
	reason TEXT, 
	created_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	decided_at TEXT, on_behalf_of TEXT, api_key VARCHAR, nudge_at TEXT, escalated_at TEXT, places TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_requests PRIMARY KEY (id), 
	CONSTRAINT fk_requests_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "requests" VALUES('req_fy3jx8nm1w7k','run_67cexp67pjmc',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','execute_financial_action','Refund 480.00 USD to Mia Keller for order A-1042.','[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198','pending',NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T16:00:01.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:01.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
INSERT INTO "requests" VALUES('req_dz22dbtjs2vp','run_9c56khf1wx5y',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','send_external_email','Answer mia@example.com: A question that the help centre answers.','[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a','pending',NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T16:00:02.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:02.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
INSERT INTO "requests" VALUES('req_h7vbakezn0zp','run_7d2hk1y56dfr',7,'triage','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','update_internal_record','Note on Wei Chen''s record: safety · urgent · Aurora floor lamp · en. Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.','[{"title":"Ticket from wei.chen@example.com","quote":"Smoke from the floor lamp","link":null},{"title":"Ticket from wei.chen@example.com","quote":"Please tell me what to do with it, and I would like a replacement.","link":null},{"title":"Order A-1038","quote":"Aurora floor lamp; delivered, placed 2026-10-28","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"customer":"cus_wei","note":"safety · urgent · Aurora floor lamp · en\nSafety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.\nWish: Wants a replacement.\nOrder: A-1038"}','cus_wei','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','781de73d510b968261fb37ce056e83c24f87e2de0d37c6a281116f882242c9ff','pending',NULL,'2026-11-22T12:00:03.000000+00:00','2026-11-22T16:00:03.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:03.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
INSERT INTO "requests" VALUES('req_d1tyz85hnwak','run_np2fp2h617fp',10,'research','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','send_external_email','Send quality@brightfold.example what we have on: Tell quality@brightfold.example what we know about batch AF-2609.','[{"title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","quote":"Batches before AF-2609 and after AF-2610 are not affected.","link":"https://lamps.example/handbook/aurora-incident-2026-10"},{"title":"Statutory rights of buyers: what support should know","quote":"Questions about a particular case go to legal@lamps.example.","link":"https://lamps.example/handbook/statutory-rights"}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team"}','quality@brightfold.example','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','8702f8df70270800c1361cf8ddf67eed96d9e638353e78dd0682b6a1d248161c','pending',NULL,'2026-11-22T12:00:04.000000+00:00','2026-11-22T16:00:04.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:04.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
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
INSERT INTO "revisions" VALUES('req_fy3jx8nm1w7k',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198',NULL,'2026-11-22T12:00:01.000000+00:00');
INSERT INTO "revisions" VALUES('req_dz22dbtjs2vp',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a',NULL,'2026-11-22T12:00:02.000000+00:00');
INSERT INTO "revisions" VALUES('req_h7vbakezn0zp',1,'{"customer":"cus_wei","note":"safety · urgent · Aurora floor lamp · en\nSafety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.\nWish: Wants a replacement.\nOrder: A-1038"}','cus_wei','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','781de73d510b968261fb37ce056e83c24f87e2de0d37c6a281116f882242c9ff',NULL,'2026-11-22T12:00:03.000000+00:00');
INSERT INTO "revisions" VALUES('req_d1tyz85hnwak',1,'{"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team"}','quality@brightfold.example','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','8702f8df70270800c1361cf8ddf67eed96d9e638353e78dd0682b6a1d248161c',NULL,'2026-11-22T12:00:04.000000+00:00');
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
INSERT INTO "runs" VALUES('run_67cexp67pjmc','280d2c64720216d97c084bef99a9cd56','support','1de9974d3264',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

The lamp of A-1042 broke. Please refund $480.','waiting',1,NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_9c56khf1wx5y','2c69c4822b07f951aa087da22446f9b1','support','1de9974d3264',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

When are you open on Saturday?','waiting',1,NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_7d2hk1y56dfr','18a8ffbff6c11b4f288f3412159853b4','triage','55c31860666c',1,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','INC-42','waiting',1,NULL,NULL,'2026-11-22T12:00:03.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_np2fp2h617fp','877466ef10a9e9d7a5f71ed07948c458','research','0eec2a29c0a7',3,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','Tell quality@brightfold.example what we know about batch AF-2609.','waiting',1,NULL,NULL,'2026-11-22T12:00:04.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "steps" VALUES('run_67cexp67pjmc',1,'0d2747bffcfe1c43','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":82},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"The lamp of A-1042 broke. Please refund $480.","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:39.449375+00:00','2026-11-23T06:53:39.461473+00:00');
INSERT INTO "steps" VALUES('run_67cexp67pjmc',2,'50f48ba13efee8fd','retrieval','customer','done','{"query":"mia@example.com, A-1042","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:39.463804+00:00','2026-11-23T06:53:39.473785+00:00');
INSERT INTO "steps" VALUES('run_67cexp67pjmc',3,'bf10492c7475d8be','retrieval','help_centre','done','{"query":"Lamp\n\nThe lamp of A-1042 broke. Please refund $480.","sources_retrieved":["returns","refunds"]}','[{"slug":"returns","title":"Sending an item back","text":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null},{"slug":"refunds","title":"Refunds for broken, defective or returned items","text":"If an item arrives broken or stops working within 30 days, we refund what was paid for it. Money goes back to the card or account that paid, usually within 5 to 10 working days. A refund is never more than what was paid for the order.","link":null}]',NULL,'2026-11-23T06:53:39.475266+00:00','2026-11-23T06:53:39.476416+00:00');
INSERT INTO "steps" VALUES('run_67cexp67pjmc',4,'3b91a51020ed2b52','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"refund: The customer wants money back for an order.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"refund","summary":"The customer wants money back for an order.","quote":"Please refund $480.","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":"A-1042","amount":"480","currency":"USD","field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":null},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.477439+00:00','2026-11-23T06:53:39.480896+00:00');
INSERT INTO "steps" VALUES('run_67cexp67pjmc',5,'b2aeb4fa9ff0a5eb','tool_call','execute_financial_action','done','{"tool":"execute_financial_action","arguments":{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"},"target":"480.00 USD of ch_A1042","summary":"Refund 480.00 USD to Mia Keller for order A-1042.","evidence":[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_fy3jx8nm1w7k"}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "steps" VALUES('run_67cexp67pjmc',6,'b2938abc878ae38f','approval','execute_financial_action','waiting','{"approval_request_id":"req_fy3jx8nm1w7k","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_9c56khf1wx5y',1,'86070bb9629d00f9','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":67},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"When are you open on Saturday?","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:39.514564+00:00','2026-11-23T06:53:39.517300+00:00');
INSERT INTO "steps" VALUES('run_9c56khf1wx5y',2,'848c218e6ab305b0','retrieval','customer','done','{"query":"mia@example.com","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:39.518771+00:00','2026-11-23T06:53:39.525401+00:00');
INSERT INTO "steps" VALUES('run_9c56khf1wx5y',3,'52e6e209c5d0e4ec','retrieval','help_centre','done','{"query":"Lamp\n\nWhen are you open on Saturday?","sources_retrieved":["opening-hours"]}','[{"slug":"opening-hours","title":"Opening hours and how to reach us","text":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]',NULL,'2026-11-23T06:53:39.526968+00:00','2026-11-23T06:53:39.528016+00:00');
INSERT INTO "steps" VALUES('run_9c56khf1wx5y',4,'c231bf2af32e37cf','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"reply: A question that the help centre answers.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"reply","summary":"A question that the help centre answers.","quote":"When are you open on Saturday?","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":null,"amount":null,"currency":null,"field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.529044+00:00','2026-11-23T06:53:39.531200+00:00');
INSERT INTO "steps" VALUES('run_9c56khf1wx5y',5,'a8ddaadda1d425ae','tool_call','send_external_email','done','{"tool":"send_external_email","arguments":{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"target":"mia@example.com","summary":"Answer mia@example.com: A question that the help centre answers.","evidence":[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_dz22dbtjs2vp"}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "steps" VALUES('run_9c56khf1wx5y',6,'8b31230e47d40067','approval','send_external_email','waiting','{"approval_request_id":"req_dz22dbtjs2vp","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_7d2hk1y56dfr',1,'52f005d1e76359bc','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":6},"result":"done"}','{"is_mail":true,"subject":"Smoke from the floor lamp","senders":["wei.chen@example.com"],"sender_name":"Wei Chen","date":"Tue, 17 Nov 2026 21:40:00 -0800","body":"Hello,\n\nthe Aurora floor lamp from order A-1038 started to smoke at the plug when we switched it on this evening. Nobody is hurt, and\nI have unplugged it. Please tell me what to do with it, and I would like a replacement.\n\nWei Chen","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:39.554962+00:00','2026-11-23T06:53:39.558087+00:00');
INSERT INTO "steps" VALUES('run_7d2hk1y56dfr',2,'6a970d3625f7403f','retrieval','customer','done','{"query":"wei.chen@example.com, A-1038","sources_retrieved":["cus_wei","A-1038"]}','{"customers":[{"id":"cus_wei","name":"Wei Chen","email":"wei.chen@example.com","phone":"+1 206 555 0163","address":"1201 3rd Ave, Seattle, WA 98101"}],"orders":[{"id":"A-1038","customer":"cus_wei","items":"Aurora floor lamp","placed_on":"2026-10-28","status":"delivered","charge":"ch_A1038","paid":"480.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:39.559629+00:00','2026-11-23T06:53:39.564053+00:00');
INSERT INTO "steps" VALUES('run_7d2hk1y56dfr',3,'5689f0ece054db8e','llm_call','classify','done','{"model":"offline-rules","prompt":"classify_ticket","prompt_version":"04a08588235f","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"safety, urgent","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"category":"safety","priority":"urgent","language":"en","quote":"Smoke from the floor lamp","suspicious":false},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.565559+00:00','2026-11-23T06:53:39.575425+00:00');
INSERT INTO "steps" VALUES('run_7d2hk1y56dfr',4,'954a88815c617bb5','llm_call','extract','done','{"model":"offline-rules","prompt":"extract_ticket","prompt_version":"998a16415c05","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"Wants a replacement.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"product":"Aurora floor lamp","order":"A-1038","wish":"Wants a replacement.","quote":"Please tell me what to do with it, and I would like a replacement."},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.577044+00:00','2026-11-23T06:53:39.579708+00:00');
INSERT INTO "steps" VALUES('run_7d2hk1y56dfr',5,'dd85fb4896aac357','llm_call','summarise','done','{"model":"offline-rules","prompt":"summarise_ticket","prompt_version":"84dab62c9fef","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"summary":"Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement."},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.581366+00:00','2026-11-23T06:53:39.582533+00:00');
INSERT INTO "steps" VALUES('run_7d2hk1y56dfr',6,'5d7f166591e5ca62','tool_call','update_internal_record','done','{"tool":"update_internal_record","arguments":{"customer":"cus_wei","note":"safety · urgent · Aurora floor lamp · en\nSafety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.\nWish: Wants a replacement.\nOrder: A-1038"},"target":"cus_wei","summary":"Note on Wei Chen''s record: safety · urgent · Aurora floor lamp · en. Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.","evidence":[{"title":"Ticket from wei.chen@example.com","quote":"Smoke from the floor lamp","link":null},{"title":"Ticket from wei.chen@example.com","quote":"Please tell me what to do with it, and I would like a replacement.","link":null},{"title":"Order A-1038","quote":"Aurora floor lamp; delivered, placed 2026-10-28","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_h7vbakezn0zp"}',NULL,NULL,'2026-11-22T12:00:03.000000+00:00','2026-11-22T12:00:03.000000+00:00');
INSERT INTO "steps" VALUES('run_7d2hk1y56dfr',7,'015a59585c1ee1e6','approval','update_internal_record','waiting','{"approval_request_id":"req_h7vbakezn0zp","proposal_step":6}',NULL,NULL,'2026-11-22T12:00:03.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_np2fp2h617fp',1,'e23f26b8820ed901','llm_call','turn','done','{"model":"offline-rules","prompt":"research","prompt_version":"2-966282cf","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"search: query=tell know batch 2609","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)","frame_version":"1-a57a69c1","context_tokens":3961,"dropped":[]}','{"value":{"name":"search","arguments":{"query":"tell know batch 2609"},"model":"","raw":[]},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.618980+00:00','2026-11-23T06:53:39.620796+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',2,'b56c91f13264c610','retrieval','search','done','{"arguments":{"query":"tell know batch 2609"},"query":"tell know batch 2609","sources_retrieved":["statutory-rights","aurora-incident-2026-10","supplier-brightfold"]}','[{"name":"statutory-rights","title":"Statutory rights of buyers: what support should know","text":"This page is for colleagues. It is no legal advice, and nobody should give any to a customer. Questions about a particular case go to legal@lamps.example. In the European Union a seller answers for at [720 more characters]","link":"https://lamps.example/handbook/statutory-rights"},{"name":"aurora-incident-2026-10","title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","text":"Between 2 and 23 October 2026 eleven customers told us that the plug of their Aurora floor lamp becomes hot; two spoke of a smell of burning and one of smoke. Nobody was hurt. All eleven lamps are fro [672 more characters]","link":"https://lamps.example/handbook/aurora-incident-2026-10"},{"name":"supplier-brightfold","title":"Supplier notes: Brightfold Lighting","text":"Makes the Aurora floor lamp and the Halo wall light since 2023. Contact: Ines Moreau, quality@brightfold.example. Answers within two working days, in English or French. Terms: 60 days from the order t [456 more characters]","link":"https://lamps.example/handbook/supplier-brightfold"}]',NULL,'2026-11-23T06:53:39.622868+00:00','2026-11-23T06:53:39.624946+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',3,'5218f2c588fdbd58','llm_call','turn','done','{"model":"offline-rules","prompt":"research","prompt_version":"2-966282cf","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"read: document=statutory-rights","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)","frame_version":"1-a57a69c1","context_tokens":4641,"dropped":[]}','{"value":{"name":"read","arguments":{"document":"statutory-rights"},"model":"","raw":[]},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.626484+00:00','2026-11-23T06:53:39.627453+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',4,'b2338bca8e1c098a','retrieval','read','done','{"arguments":{"document":"statutory-rights"},"query":"statutory-rights","sources_retrieved":["statutory-rights"]}','{"name":"statutory-rights","title":"Statutory rights of buyers: what support should know","text":"This page is for colleagues. It is no legal advice, and nobody should give any to a customer. Questions about a particular case go to legal@lamps.example. In the European Union a seller answers for at least two years for goods that are not as agreed, counted from the delivery (Directive (EU) 2019/771). For the first year it is presumed that the defect was there at the delivery; several countries, Germany among them, do the same or more. The buyer may ask for repair or replacement first, and for a lower price or the money back if that fails or takes unreasonably long. Who buys at a distance in the EU may withdraw within 14 days of the delivery without a reason (Directive 2011/83/EU). Our own 30 days are longer, so our returns policy is what applies in practice. In the United Kingdom the Consumer Rights Act 2015 gives a short-term right to reject within 30 days, and one chance to repair or replace after that.","link":"https://lamps.example/handbook/statutory-rights"}',NULL,'2026-11-23T06:53:39.628456+00:00','2026-11-23T06:53:39.629349+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',5,'11b9669c063375fe','llm_call','turn','done','{"model":"offline-rules","prompt":"research","prompt_version":"2-966282cf","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"read: document=aurora-incident-2026-10","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)","frame_version":"1-a57a69c1","context_tokens":5273,"dropped":[]}','{"value":{"name":"read","arguments":{"document":"aurora-incident-2026-10"},"model":"","raw":[]},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.630805+00:00','2026-11-23T06:53:39.631790+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',6,'14c957b4e6c7b899','retrieval','read','done','{"arguments":{"document":"aurora-incident-2026-10"},"query":"aurora-incident-2026-10","sources_retrieved":["aurora-incident-2026-10"]}','{"name":"aurora-incident-2026-10","title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","text":"Between 2 and 23 October 2026 eleven customers told us that the plug of their Aurora floor lamp becomes hot; two spoke of a smell of burning and one of smoke. Nobody was hurt. All eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. 412 lamps of that batch were sold, 388 of them in the EU. Cause: the dimmer in the cord was assembled with a terminal of the wrong cross-section. Brightfold confirmed that on 27 October. Batches before AF-2609 and after AF-2610 are not affected. Decision of 29 October: the batch is recalled. Customers unplug the lamp at once and do not use it again. They get a new cord set with a dimmer of the other maker, or their money back, as they prefer. The market surveillance authority was informed through the Safety Business Gateway on 30 October. The batch number is on a silver label under the foot.","link":"https://lamps.example/handbook/aurora-incident-2026-10"}',NULL,'2026-11-23T06:53:39.632741+00:00','2026-11-23T06:53:39.633612+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',7,'a844f11f6cc0dca3','llm_call','turn','done','{"model":"offline-rules","prompt":"research","prompt_version":"2-966282cf","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"send_external_email: arguments={\"to\": \"quality@brightfold.example\", \"subject\": \"Tell quality@brightfold.example what we know about batch AF-2609.\", \"body\": \"Hello,\\n\\nAll eleven la…","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)","frame_version":"1-a57a69c1","context_tokens":5897,"dropped":[]}','{"value":{"name":"send_external_email","arguments":{"arguments":{"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team"},"summary":"Send quality@brightfold.example what we have on: Tell quality@brightfold.example what we know about batch AF-2609.","sources":[{"source":"aurora-incident-2026-10","quote":"All eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September."},{"source":"aurora-incident-2026-10","quote":"Batches before AF-2609 and after AF-2610 are not affected."},{"source":"statutory-rights","quote":"Questions about a particular case go to legal@lamps.example."}]},"model":"","raw":[]},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.634956+00:00','2026-11-23T06:53:39.636508+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',8,'e5300eaf97b8f0a7','llm_call','second_look','done','{"model":"offline-rules","prompt":"second_look","prompt_version":"85eb6e39fe30","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cached_share":0.0,"cost_usd":0.0,"output_summary":"They agree.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"agrees":true,"difference":null},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:39.639260+00:00','2026-11-23T06:53:39.640664+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',9,'c2c044f77dc0e548','tool_call','send_external_email','done','{"tool":"send_external_email","arguments":{"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team"},"target":"quality@brightfold.example","summary":"Send quality@brightfold.example what we have on: Tell quality@brightfold.example what we know about batch AF-2609.","evidence":[{"title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","quote":"Batches before AF-2609 and after AF-2610 are not affected.","link":"https://lamps.example/handbook/aurora-incident-2026-10"},{"title":"Statutory rights of buyers: what support should know","quote":"Questions about a particular case go to legal@lamps.example.","link":"https://lamps.example/handbook/statutory-rights"}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_d1tyz85hnwak"}',NULL,NULL,'2026-11-22T12:00:04.000000+00:00','2026-11-22T12:00:04.000000+00:00');
INSERT INTO "steps" VALUES('run_np2fp2h617fp',10,'485554a176e331cf','approval','send_external_email','waiting','{"approval_request_id":"req_d1tyz85hnwak","proposal_step":9}',NULL,NULL,'2026-11-22T12:00:04.000000+00:00',NULL);
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
