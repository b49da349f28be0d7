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
INSERT INTO "audit" VALUES(1,'2026-11-22T12:00:01.000000+00:00','run.started','slack:T1:anna','run_pvdsxswjm656',NULL,'{"agent":"support","version":"1de9974d3264"}','0000000000000000000000000000000000000000000000000000000000000000','49c8600165eec7e02c01ee7b7e0e6c7307fb72d7e8d6643fd69c9657ef13de12');
INSERT INTO "audit" VALUES(2,'2026-11-22T12:00:01.000000+00:00','request.created','agent:support','run_pvdsxswjm656','req_wnwgy1bbz64e','{"action":"execute_financial_action","fingerprint":"0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198","revision":1,"rules":["all"]}','49c8600165eec7e02c01ee7b7e0e6c7307fb72d7e8d6643fd69c9657ef13de12','92c056e0176a4aa4a0f6134145c2209c5ca148512297396958d678750805d17c');
INSERT INTO "audit" VALUES(3,'2026-11-22T12:00:02.000000+00:00','run.started','slack:T1:anna','run_tgvtgn8m57v6',NULL,'{"agent":"support","version":"1de9974d3264"}','92c056e0176a4aa4a0f6134145c2209c5ca148512297396958d678750805d17c','64b89a1affe3cce3b1ca764dacbf8fa6c54fc3e3cc73062c1d4b787472c348b3');
INSERT INTO "audit" VALUES(4,'2026-11-22T12:00:02.000000+00:00','request.created','agent:support','run_tgvtgn8m57v6','req_4h1gvb0rcbbr','{"action":"send_external_email","fingerprint":"335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a","revision":1,"rules":["all"]}','64b89a1affe3cce3b1ca764dacbf8fa6c54fc3e3cc73062c1d4b787472c348b3','f51cd07e46582bcabb82d2167a914c91182c90af9b5000f8fce43c9f983d9358');
INSERT INTO "audit" VALUES(5,'2026-11-22T12:00:03.000000+00:00','run.started','slack:T1:anna','run_vwstq2q0kvee',NULL,'{"agent":"triage","version":"130000593015"}','f51cd07e46582bcabb82d2167a914c91182c90af9b5000f8fce43c9f983d9358','f521554d0662d79cd432b31b579e62f0bc2acd069855ccb6c8f12ebf63938c98');
INSERT INTO "audit" VALUES(6,'2026-11-22T12:00:03.000000+00:00','request.created','agent:triage','run_vwstq2q0kvee','req_n3kdqva3j2yw','{"action":"update_internal_record","fingerprint":"781de73d510b968261fb37ce056e83c24f87e2de0d37c6a281116f882242c9ff","revision":1,"rules":["all"]}','f521554d0662d79cd432b31b579e62f0bc2acd069855ccb6c8f12ebf63938c98','f3a8bd5765148df84e4f977fd8f43caab7b742ac69647f4bda7ff46fd9145758');
INSERT INTO "audit" VALUES(7,'2026-11-22T12:00:04.000000+00:00','run.started','slack:T1:anna','run_ht5eff23s52j',NULL,'{"agent":"research","version":"aaf4326bd3c8"}','f3a8bd5765148df84e4f977fd8f43caab7b742ac69647f4bda7ff46fd9145758','65c90085949597598a19c8a923e6d9a1b829579545e93d8e55767961c412d90c');
INSERT INTO "audit" VALUES(8,'2026-11-22T12:00:04.000000+00:00','request.created','agent:research','run_ht5eff23s52j','req_cg2hh59k5mgr','{"action":"send_external_email","fingerprint":"8702f8df70270800c1361cf8ddf67eed96d9e638353e78dd0682b6a1d248161c","revision":1,"rules":["all"]}','65c90085949597598a19c8a923e6d9a1b829579545e93d8e55767961c412d90c','8f0f6016414c5cd3423b7ef6666aa94ea5aca24c12e45ef58100130848d90138');
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
INSERT INTO "deliveries" VALUES('delivery_zs9b512cb3x1','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_ebds1n2fcwe2','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_j157g7v0sbwq','2026-11-22T12:00:03.000000+00:00');
INSERT INTO "deliveries" VALUES('delivery_z9hnfyfjzqzc','2026-11-22T12:00:04.000000+00:00');
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
INSERT INTO "messages" VALUES('msg_mapv0wt6wjz5','run','run_pvdsxswjm656','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":1}','fc030bdbc4d20f423d75e76e706d590862cce17a02376a9840bcd650e7d35495','2026-11-22T12:00:01.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_p0gdatbjs9wv','card','req_wnwgy1bbz64e','{"surface":"slack","tenant":"T1","channel":"C1","thread":"1"}','slack','T1','C1','posted','{"number":2}','d775bbd84c278f0ad2940f2f1fd08a0118c7e5e1d51eae4ce1474c89355e2d08','2026-11-22T12:00:01.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_k4gsytk96541','run','run_tgvtgn8m57v6','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":3}','ca8d5ace1c1302a70d9b77adb86d1009b238b68d51e96d5e13b48e46e6333468','2026-11-22T12:00:02.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_1ndnnttvzwtg','card','req_4h1gvb0rcbbr','{"surface":"slack","tenant":"T1","channel":"C1","thread":"3"}','slack','T1','C1','posted','{"number":4}','148a4b3bd16edd1b947d9ce3e9cf0c6a96176ef9f855cd4d65ef10d7484d0381','2026-11-22T12:00:02.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_vmsb1fy9eg4v','run','run_vwstq2q0kvee','{"surface":"slack","tenant":"T1","channel":"C1","thread":"5"}','slack','T1','C1','posted','{"number":5}','25a0c2fc0fc82bb052a033870381eab3b5b7cdf1de5265f4937d074f3f490161','2026-11-22T12:00:03.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_86rbxsxtsrwg','card','req_n3kdqva3j2yw','{"surface":"slack","tenant":"T1","channel":"C1","thread":"5"}','slack','T1','C1','posted','{"number":6}','cf1ca3b9bfae993f935e3f1b281e14a847632e8b618a67b24054462304592187','2026-11-22T12:00:03.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_8qv5b3738jr5','run','run_ht5eff23s52j','{"surface":"slack","tenant":"T1","channel":"C1","thread":"7"}','slack','T1','C1','posted','{"number":7}','e60cabbf8e8d72f06d45a8aeadfdca8f7f8ad024dfa5e68eaa5e667359e78f6e','2026-11-22T12:00:04.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
INSERT INTO "messages" VALUES('msg_8t1wnkb64dmt','card','req_cg2hh59k5mgr','{"surface":"slack","tenant":"T1","channel":"C1","thread":"7"}','slack','T1','C1','posted','{"number":8}','8a000e744364bd2306d8eb65a2034ce62610294231fe4e5ee5a2c6b7baeba69c','2026-11-22T12:00:04.000000+00:00','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}');
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
INSERT INTO "requests" VALUES('req_wnwgy1bbz64e','run_pvdsxswjm656',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','execute_financial_action','Refund 480.00 USD to Mia Keller for order A-1042.','[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198','pending',NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T16:00:01.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:01.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
INSERT INTO "requests" VALUES('req_4h1gvb0rcbbr','run_tgvtgn8m57v6',6,'support','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','send_external_email','Answer mia@example.com: A question that the help centre answers.','[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a','pending',NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T16:00:02.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:02.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
INSERT INTO "requests" VALUES('req_n3kdqva3j2yw','run_vwstq2q0kvee',7,'triage','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','update_internal_record','Note on Wei Chen''s record: safety · urgent · Aurora floor lamp · en. Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.','[{"title":"Ticket from wei.chen@example.com","quote":"Smoke from the floor lamp","link":null},{"title":"Ticket from wei.chen@example.com","quote":"Please tell me what to do with it, and I would like a replacement.","link":null},{"title":"Order A-1038","quote":"Aurora floor lamp; delivered, placed 2026-10-28","link":null}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"customer":"cus_wei","note":"safety · urgent · Aurora floor lamp · en\nSafety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.\nWish: Wants a replacement.\nOrder: A-1038"}','cus_wei','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','781de73d510b968261fb37ce056e83c24f87e2de0d37c6a281116f882242c9ff','pending',NULL,'2026-11-22T12:00:03.000000+00:00','2026-11-22T16:00:03.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:03.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
INSERT INTO "requests" VALUES('req_cg2hh59k5mgr','run_ht5eff23s52j',10,'research','T1','{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','slack:T1:anna','send_external_email','Send quality@brightfold.example what we have on: Tell quality@brightfold.example what we know about batch AF-2609.','[{"title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","quote":"Batches before AF-2609 and after AF-2610 are not affected.","link":"https://lamps.example/handbook/aurora-incident-2026-10"},{"title":"Statutory rights of buyers: what support should know","quote":"Questions about a particular case go to legal@lamps.example.","link":"https://lamps.example/handbook/statutory-rights"}]','["Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"]',1,'{"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team"}','quality@brightfold.example','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','8702f8df70270800c1361cf8ddf67eed96d9e638353e78dd0682b6a1d248161c','pending',NULL,'2026-11-22T12:00:04.000000+00:00','2026-11-22T16:00:04.000000+00:00',NULL,NULL,NULL,'2026-11-22T14:00:04.000000+00:00',NULL,'[{"surface":"slack","tenant":"T1","channel":"C1","thread":null}]');
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
INSERT INTO "revisions" VALUES('req_wnwgy1bbz64e',1,'{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"}','480.00 USD of ch_A1042','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','0292406eedbe5a9a0eea4d0edea1dc57149dfc3850bd50059769608cb88cb198',NULL,'2026-11-22T12:00:01.000000+00:00');
INSERT INTO "revisions" VALUES('req_4h1gvb0rcbbr',1,'{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"}','mia@example.com','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','335fc394b71b981495552c3fddece9b2a1cb2ce7ba2c62d19e47775b64867d9a',NULL,'2026-11-22T12:00:02.000000+00:00');
INSERT INTO "revisions" VALUES('req_n3kdqva3j2yw',1,'{"customer":"cus_wei","note":"safety · urgent · Aurora floor lamp · en\nSafety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.\nWish: Wants a replacement.\nOrder: A-1038"}','cus_wei','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','781de73d510b968261fb37ce056e83c24f87e2de0d37c6a281116f882242c9ff',NULL,'2026-11-22T12:00:03.000000+00:00');
INSERT INTO "revisions" VALUES('req_cg2hh59k5mgr',1,'{"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team"}','quality@brightfold.example','{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null}','8702f8df70270800c1361cf8ddf67eed96d9e638353e78dd0682b6a1d248161c',NULL,'2026-11-22T12:00:04.000000+00:00');
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
INSERT INTO "runs" VALUES('run_pvdsxswjm656','2cca4fbc70dd25052da16eec702ee144','support','1de9974d3264',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

The lamp of A-1042 broke. Please refund $480.','waiting',1,NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_tgvtgn8m57v6','816a39193dee22868e6471c87a90cb56','support','1de9974d3264',2,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','From: mia@example.com
Subject: Lamp

When are you open on Saturday?','waiting',1,NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_vwstq2q0kvee','f1cfa857292145393f90db9caecb948c','triage','130000593015',1,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','INC-42','waiting',1,NULL,NULL,'2026-11-22T12:00:03.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('run_ht5eff23s52j','4fb39f72fb52d11a5409046f60d4fb47','research','aaf4326bd3c8',3,'{"key":"slack:T1:anna","name":"Anna","email":"anna@example.com"}','{"surface":"slack","tenant":"T1","channel":"C1","thread":null}','Tell quality@brightfold.example what we know about batch AF-2609.','waiting',1,NULL,NULL,'2026-11-22T12:00:04.000000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "steps" VALUES('run_pvdsxswjm656',1,'0c1080646440f64c','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":82},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"The lamp of A-1042 broke. Please refund $480.","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:36.749885+00:00','2026-11-23T06:53:36.759520+00:00');
INSERT INTO "steps" VALUES('run_pvdsxswjm656',2,'fc34034c9c7b11e2','retrieval','customer','done','{"query":"mia@example.com, A-1042","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:36.762058+00:00','2026-11-23T06:53:36.771559+00:00');
INSERT INTO "steps" VALUES('run_pvdsxswjm656',3,'1a6af3c57f951e5d','retrieval','help_centre','done','{"query":"Lamp\n\nThe lamp of A-1042 broke. Please refund $480.","sources_retrieved":["returns","refunds"]}','[{"slug":"returns","title":"Sending an item back","text":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null},{"slug":"refunds","title":"Refunds for broken, defective or returned items","text":"If an item arrives broken or stops working within 30 days, we refund what was paid for it. Money goes back to the card or account that paid, usually within 5 to 10 working days. A refund is never more than what was paid for the order.","link":null}]',NULL,'2026-11-23T06:53:36.773452+00:00','2026-11-23T06:53:36.774627+00:00');
INSERT INTO "steps" VALUES('run_pvdsxswjm656',4,'8d39c7cf7e400dc5','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"refund: The customer wants money back for an order.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"refund","summary":"The customer wants money back for an order.","quote":"Please refund $480.","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":"A-1042","amount":"480","currency":"USD","field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":null},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.776002+00:00','2026-11-23T06:53:36.780803+00:00');
INSERT INTO "steps" VALUES('run_pvdsxswjm656',5,'69b93434863e4d9d','tool_call','execute_financial_action','done','{"tool":"execute_financial_action","arguments":{"amount":"480.00","currency":"USD","charge":"ch_A1042","reason":"requested_by_customer"},"target":"480.00 USD of ch_A1042","summary":"Refund 480.00 USD to Mia Keller for order A-1042.","evidence":[{"title":"Ticket from mia@example.com","quote":"Please refund $480.","link":null},{"title":"Order A-1042","quote":"Aurora floor lamp; delivered, placed 2026-11-02; paid 480.00 USD (ch_A1042)","link":null},{"title":"Help centre: Sending an item back","quote":"Items can be returned within 30 days of delivery, unused and in their packaging. We send a prepaid label. Lamps and glass that broke on the way need not be sent back; a photo is enough.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_wnwgy1bbz64e"}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00','2026-11-22T12:00:01.000000+00:00');
INSERT INTO "steps" VALUES('run_pvdsxswjm656',6,'1d5b2e0fb57c20e5','approval','execute_financial_action','waiting','{"approval_request_id":"req_wnwgy1bbz64e","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:01.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_tgvtgn8m57v6',1,'47d70a99ee1348e9','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":67},"result":"done"}','{"is_mail":true,"subject":"Lamp","senders":["mia@example.com"],"sender_name":"","date":"","body":"When are you open on Saturday?","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:36.813804+00:00','2026-11-23T06:53:36.816802+00:00');
INSERT INTO "steps" VALUES('run_tgvtgn8m57v6',2,'35d5ae517d9f041e','retrieval','customer','done','{"query":"mia@example.com","sources_retrieved":["cus_mia","A-1042","A-1017"]}','{"customers":[{"id":"cus_mia","name":"Mia Keller","email":"mia@example.com","phone":"+49 30 901820","address":"Lindenallee 4, 10115 Berlin"}],"orders":[{"id":"A-1042","customer":"cus_mia","items":"Aurora floor lamp","placed_on":"2026-11-02","status":"delivered","charge":"ch_A1042","paid":"480.00","currency":"USD"},{"id":"A-1017","customer":"cus_mia","items":"Two Pico table lamps","placed_on":"2026-09-14","status":"delivered","charge":"ch_A1017","paid":"178.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:36.818551+00:00','2026-11-23T06:53:36.824340+00:00');
INSERT INTO "steps" VALUES('run_tgvtgn8m57v6',3,'a0bc44f1e3fc2e06','retrieval','help_centre','done','{"query":"Lamp\n\nWhen are you open on Saturday?","sources_retrieved":["opening-hours"]}','[{"slug":"opening-hours","title":"Opening hours and how to reach us","text":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}]',NULL,'2026-11-23T06:53:36.825759+00:00','2026-11-23T06:53:36.826838+00:00');
INSERT INTO "steps" VALUES('run_tgvtgn8m57v6',4,'e4e944ed0cd8c1d5','llm_call','read_ticket','done','{"model":"offline-rules","prompt":"read_ticket","prompt_version":"8abb7449bd97","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"reply: A question that the help centre answers.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"intent":"reply","summary":"A question that the help centre answers.","quote":"When are you open on Saturday?","language":"en","urgency":"normal","confidence":0.9,"suspicious":false,"order":null,"amount":null,"currency":null,"field":null,"new_value":null,"delete":null,"bounds":null,"reply_text":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.827912+00:00','2026-11-23T06:53:36.829529+00:00');
INSERT INTO "steps" VALUES('run_tgvtgn8m57v6',5,'6bac6a389f7f1a57','tool_call','send_external_email','done','{"tool":"send_external_email","arguments":{"to":"mia@example.com","subject":"Re: Lamp","body":"Hello Mia Keller,\n\nthank you for your message. Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.\n\nKind regards\nThe support team"},"target":"mia@example.com","summary":"Answer mia@example.com: A question that the help centre answers.","evidence":[{"title":"Ticket from mia@example.com","quote":"When are you open on Saturday?","link":null},{"title":"Help centre: Opening hours and how to reach us","quote":"Our shop is open Monday to Friday from 9:00 to 18:00 and Saturday from 10:00 to 16:00. It is closed on Sundays and public holidays. E-mails are answered within one working day.","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_4h1gvb0rcbbr"}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00','2026-11-22T12:00:02.000000+00:00');
INSERT INTO "steps" VALUES('run_tgvtgn8m57v6',6,'6ebb2d570f6adaee','approval','send_external_email','waiting','{"approval_request_id":"req_4h1gvb0rcbbr","proposal_step":5}',NULL,NULL,'2026-11-22T12:00:02.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_vwstq2q0kvee',1,'302ae1ce2a3b3813','tool_call','read_ticket','done','{"tool":"read_ticket","arguments":{"characters":6},"result":"done"}','{"is_mail":true,"subject":"Smoke from the floor lamp","senders":["wei.chen@example.com"],"sender_name":"Wei Chen","date":"Tue, 17 Nov 2026 21:40:00 -0800","body":"Hello,\n\nthe Aurora floor lamp from order A-1038 started to smoke at the plug when we switched it on this evening. Nobody is hurt, and\nI have unplugged it. Please tell me what to do with it, and I would like a replacement.\n\nWei Chen","attachments":[],"attachment_count":0,"repaired":false}',NULL,'2026-11-23T06:53:36.852508+00:00','2026-11-23T06:53:36.856640+00:00');
INSERT INTO "steps" VALUES('run_vwstq2q0kvee',2,'98bbd57880251a8c','retrieval','customer','done','{"query":"wei.chen@example.com, A-1038","sources_retrieved":["cus_wei","A-1038"]}','{"customers":[{"id":"cus_wei","name":"Wei Chen","email":"wei.chen@example.com","phone":"+1 206 555 0163","address":"1201 3rd Ave, Seattle, WA 98101"}],"orders":[{"id":"A-1038","customer":"cus_wei","items":"Aurora floor lamp","placed_on":"2026-10-28","status":"delivered","charge":"ch_A1038","paid":"480.00","currency":"USD"}]}',NULL,'2026-11-23T06:53:36.858574+00:00','2026-11-23T06:53:36.864258+00:00');
INSERT INTO "steps" VALUES('run_vwstq2q0kvee',3,'74109a89becd54c0','llm_call','classify','done','{"model":"offline-rules","prompt":"classify_ticket","prompt_version":"04a08588235f","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"safety, urgent","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"category":"safety","priority":"urgent","language":"en","quote":"Smoke from the floor lamp","suspicious":false},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.865543+00:00','2026-11-23T06:53:36.876936+00:00');
INSERT INTO "steps" VALUES('run_vwstq2q0kvee',4,'21b9856756fc4668','llm_call','extract','done','{"model":"offline-rules","prompt":"extract_ticket","prompt_version":"998a16415c05","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"Wants a replacement.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"product":"Aurora floor lamp","order":"A-1038","wish":"Wants a replacement.","quote":"Please tell me what to do with it, and I would like a replacement."},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.878925+00:00','2026-11-23T06:53:36.882005+00:00');
INSERT INTO "steps" VALUES('run_vwstq2q0kvee',5,'1bbbf850245c5d80','llm_call','summarise','done','{"model":"offline-rules","prompt":"summarise_ticket","prompt_version":"84dab62c9fef","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"summary":"Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement."},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.883730+00:00','2026-11-23T06:53:36.885557+00:00');
INSERT INTO "steps" VALUES('run_vwstq2q0kvee',6,'ca951cf5dbd39347','tool_call','update_internal_record','done','{"tool":"update_internal_record","arguments":{"customer":"cus_wei","note":"safety · urgent · Aurora floor lamp · en\nSafety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.\nWish: Wants a replacement.\nOrder: A-1038"},"target":"cus_wei","summary":"Note on Wei Chen''s record: safety · urgent · Aurora floor lamp · en. Safety ticket about Aurora floor lamp (order A-1038), urgent priority. Wants a replacement.","evidence":[{"title":"Ticket from wei.chen@example.com","quote":"Smoke from the floor lamp","link":null},{"title":"Ticket from wei.chen@example.com","quote":"Please tell me what to do with it, and I would like a replacement.","link":null},{"title":"Order A-1038","quote":"Aurora floor lamp; delivered, placed 2026-10-28","link":null}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_n3kdqva3j2yw"}',NULL,NULL,'2026-11-22T12:00:03.000000+00:00','2026-11-22T12:00:03.000000+00:00');
INSERT INTO "steps" VALUES('run_vwstq2q0kvee',7,'de8151589d4e1124','approval','update_internal_record','waiting','{"approval_request_id":"req_n3kdqva3j2yw","proposal_step":6}',NULL,NULL,'2026-11-22T12:00:03.000000+00:00',NULL);
INSERT INTO "steps" VALUES('run_ht5eff23s52j',1,'2673a82eebbf5a17','llm_call','turn','done','{"model":"offline-rules","prompt":"research_turn","prompt_version":"3b7cff08dc34","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"search: tell know batch 2609","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"tool":"search","query":"tell know batch 2609","document":null,"to":null,"subject":null,"body":null,"summary":null,"answer":null,"sources":[],"risk":null,"suspicious":false},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.915295+00:00','2026-11-23T06:53:36.917791+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',2,'7faf3696fef26ea8','retrieval','search','done','{"query":"tell know batch 2609","sources_retrieved":["statutory-rights","aurora-incident-2026-10","supplier-brightfold"]}','[{"slug":"statutory-rights","title":"Statutory rights of buyers: what support should know","text":"This page is for colleagues. It is no legal advice, and nobody should give any to a customer. Questions about a particular case go to legal@lamps.example. In the European Union a seller answers for at least two years for goods that are not as agreed, counted from the delivery (Directive (EU) 2019/771). For the first year it is presumed that the defect was there at the delivery; several countries, Germany among them, do the same or more. The buyer may ask for repair or replacement first, and for a lower price or the money back if that fails or takes unreasonably long. Who buys at a distance in the EU may withdraw within 14 days of the delivery without a reason (Directive 2011/83/EU). Our own 30 days are longer, so our returns policy is what applies in practice. In the United Kingdom the Consumer Rights Act 2015 gives a short-term right to reject within 30 days, and one chance to repair or replace after that.","link":"https://lamps.example/handbook/statutory-rights"},{"slug":"aurora-incident-2026-10","title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","text":"Between 2 and 23 October 2026 eleven customers told us that the plug of their Aurora floor lamp becomes hot; two spoke of a smell of burning and one of smoke. Nobody was hurt. All eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. 412 lamps of that batch were sold, 388 of them in the EU. Cause: the dimmer in the cord was assembled with a terminal of the wrong cross-section. Brightfold confirmed that on 27 October. Batches before AF-2609 and after AF-2610 are not affected. Decision of 29 October: the batch is recalled. Customers unplug the lamp at once and do not use it again. They get a new cord set with a dimmer of the other maker, or their money back, as they prefer. The market surveillance authority was informed through the Safety Business Gateway on 30 October. The batch number is on a silver label under the foot.","link":"https://lamps.example/handbook/aurora-incident-2026-10"},{"slug":"supplier-brightfold","title":"Supplier notes: Brightfold Lighting","text":"Makes the Aurora floor lamp and the Halo wall light since 2023. Contact: Ines Moreau, quality@brightfold.example. Answers within two working days, in English or French. Terms: 60 days from the order to the delivery; we test 5 of 100 pieces on arrival. Defects above 2 % of a batch are paid by Brightfold, including the freight both ways, if we claim within 90 days of the delivery and send photographs and the batch number. 2026: batch AF-2609 (Aurora) with the wrong terminal in the dimmer, see the incident report. Brightfold accepted the claim in principle on 27 October, but has not confirmed the sum. The period for the claim ends on 10 December 2026.","link":"https://lamps.example/handbook/supplier-brightfold"}]',NULL,'2026-11-23T06:53:36.920381+00:00','2026-11-23T06:53:36.922615+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',3,'cb02209cc6d77110','llm_call','turn','done','{"model":"offline-rules","prompt":"research_turn","prompt_version":"3b7cff08dc34","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"read: statutory-rights","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"tool":"read","query":null,"document":"statutory-rights","to":null,"subject":null,"body":null,"summary":null,"answer":null,"sources":[],"risk":null,"suspicious":false},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.923949+00:00','2026-11-23T06:53:36.925029+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',4,'3c30056afcc036cd','retrieval','read','done','{"query":"statutory-rights","sources_retrieved":["statutory-rights"]}','[{"slug":"statutory-rights","title":"Statutory rights of buyers: what support should know","text":"This page is for colleagues. It is no legal advice, and nobody should give any to a customer. Questions about a particular case go to legal@lamps.example. In the European Union a seller answers for at least two years for goods that are not as agreed, counted from the delivery (Directive (EU) 2019/771). For the first year it is presumed that the defect was there at the delivery; several countries, Germany among them, do the same or more. The buyer may ask for repair or replacement first, and for a lower price or the money back if that fails or takes unreasonably long. Who buys at a distance in the EU may withdraw within 14 days of the delivery without a reason (Directive 2011/83/EU). Our own 30 days are longer, so our returns policy is what applies in practice. In the United Kingdom the Consumer Rights Act 2015 gives a short-term right to reject within 30 days, and one chance to repair or replace after that.","link":"https://lamps.example/handbook/statutory-rights"}]',NULL,'2026-11-23T06:53:36.926493+00:00','2026-11-23T06:53:36.927347+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',5,'e1f5fb891dd753a5','llm_call','turn','done','{"model":"offline-rules","prompt":"research_turn","prompt_version":"3b7cff08dc34","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"read: aurora-incident-2026-10","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"tool":"read","query":null,"document":"aurora-incident-2026-10","to":null,"subject":null,"body":null,"summary":null,"answer":null,"sources":[],"risk":null,"suspicious":false},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.929108+00:00','2026-11-23T06:53:36.930595+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',6,'0c3d0633fe6c4612','retrieval','read','done','{"query":"aurora-incident-2026-10","sources_retrieved":["aurora-incident-2026-10"]}','[{"slug":"aurora-incident-2026-10","title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","text":"Between 2 and 23 October 2026 eleven customers told us that the plug of their Aurora floor lamp becomes hot; two spoke of a smell of burning and one of smoke. Nobody was hurt. All eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. 412 lamps of that batch were sold, 388 of them in the EU. Cause: the dimmer in the cord was assembled with a terminal of the wrong cross-section. Brightfold confirmed that on 27 October. Batches before AF-2609 and after AF-2610 are not affected. Decision of 29 October: the batch is recalled. Customers unplug the lamp at once and do not use it again. They get a new cord set with a dimmer of the other maker, or their money back, as they prefer. The market surveillance authority was informed through the Safety Business Gateway on 30 October. The batch number is on a silver label under the foot.","link":"https://lamps.example/handbook/aurora-incident-2026-10"}]',NULL,'2026-11-23T06:53:36.932206+00:00','2026-11-23T06:53:36.933243+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',7,'a5ad1630a4978f2c','llm_call','turn','done','{"model":"offline-rules","prompt":"research_turn","prompt_version":"3b7cff08dc34","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"send_external_email: quality@brightfold.example","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"tool":"send_external_email","query":null,"document":null,"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team","summary":"Send quality@brightfold.example what we have on: Tell quality@brightfold.example what we know about batch AF-2609.","answer":null,"sources":[{"document":"aurora-incident-2026-10","quote":"All eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September."},{"document":"aurora-incident-2026-10","quote":"Batches before AF-2609 and after AF-2610 are not affected."},{"document":"statutory-rights","quote":"Questions about a particular case go to legal@lamps.example."}],"risk":null,"suspicious":false},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.934606+00:00','2026-11-23T06:53:36.936609+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',8,'f34f73d17567774d','llm_call','second_look','done','{"model":"offline-rules","prompt":"second_look","prompt_version":"85eb6e39fe30","prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,"cost_usd":0.0,"output_summary":"They agree.","label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}','{"value":{"agrees":true,"difference":null},"label":"Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"}',NULL,'2026-11-23T06:53:36.941048+00:00','2026-11-23T06:53:36.942676+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',9,'77cde0e6c290a0e6','tool_call','send_external_email','done','{"tool":"send_external_email","arguments":{"to":"quality@brightfold.example","subject":"Tell quality@brightfold.example what we know about batch AF-2609.","body":"Hello,\n\nAll eleven lamps are from batch AF-2609, which the supplier Brightfold delivered on 11 September. Batches before AF-2609 and after AF-2610 are not affected. Questions about a particular case go to legal@lamps.example.\n\nKind regards\nThe support team"},"target":"quality@brightfold.example","summary":"Send quality@brightfold.example what we have on: Tell quality@brightfold.example what we know about batch AF-2609.","evidence":[{"title":"Incident report: Aurora floor lamp, warm plugs (October 2026)","quote":"Batches before AF-2609 and after AF-2610 are not affected.","link":"https://lamps.example/handbook/aurora-incident-2026-10"},{"title":"Statutory rights of buyers: what support should know","quote":"Questions about a particular case go to legal@lamps.example.","link":"https://lamps.example/handbook/statutory-rights"}],"verdict":{"outcome":"approve","risk":"high","reasons":["Rule “all” asks people first."],"rules":["all"],"policy_version":"bff905b017265a53715128e27092289cfff3ae96a2fdedf836b8b2e7524ee8aa","reviewers":["noor@example.com","ravi@example.com"],"quorum":1,"exclude_requester":true,"channels":[],"expires_in":14400,"reminders":[0.5,0.9],"escalate_to":[],"escalate_after":null},"result":"pending_approval","approval_request_id":"req_cg2hh59k5mgr"}',NULL,NULL,'2026-11-22T12:00:04.000000+00:00','2026-11-22T12:00:04.000000+00:00');
INSERT INTO "steps" VALUES('run_ht5eff23s52j',10,'7606b29b9b7f953d','approval','send_external_email','waiting','{"approval_request_id":"req_cg2hh59k5mgr","proposal_step":9}',NULL,NULL,'2026-11-22T12:00:04.000000+00:00',NULL);
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
