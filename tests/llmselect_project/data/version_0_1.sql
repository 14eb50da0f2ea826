BEGIN TRANSACTION;
CREATE TABLE "account_emailaddress" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "verified" bool NOT NULL, "primary" bool NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "email" varchar(254) NOT NULL);
INSERT INTO "account_emailaddress" VALUES(1,0,1,1,'alice@example.org');
INSERT INTO "account_emailaddress" VALUES(2,0,1,2,'bob@example.org');
CREATE TABLE "account_emailconfirmation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created" datetime NOT NULL, "sent" datetime NULL, "key" varchar(64) NOT NULL UNIQUE, "email_address_id" integer NOT NULL REFERENCES "account_emailaddress" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "accounts_apitoken" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "name" varchar(100) NOT NULL, "digest" varchar(64) NOT NULL UNIQUE, "hint" varchar(8) NOT NULL, "created_at" datetime NOT NULL, "last_used_at" datetime NULL, "expires_at" datetime NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "scopes" text NOT NULL CHECK ((JSON_VALID("scopes") OR "scopes" IS NULL)));
INSERT INTO "accounts_apitoken" VALUES(1,'1bd220e0327e4332ba3fa66162404218','script','8ed9301d902fc0ae802347a7f67b474634b7fba4fde8cab5d36944519bcbe563','…P3D0','2026-11-27 04:47:19.865137',NULL,NULL,1,'["read", "write", "account"]');
CREATE TABLE "accounts_auditentry" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "action" varchar(32) NOT NULL, "subject" varchar(200) NOT NULL, "address" varchar(45) NOT NULL, "at" datetime NOT NULL, "user_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "accounts_auditentry" VALUES(1,'signed_up','','127.0.0.1','2026-11-27 04:46:59.456063',1);
INSERT INTO "accounts_auditentry" VALUES(2,'signed_up','','127.0.0.1','2026-11-27 04:46:59.733341',2);
INSERT INTO "accounts_auditentry" VALUES(3,'key_set','openai','127.0.0.1','2026-11-27 04:46:59.748554',1);
INSERT INTO "accounts_auditentry" VALUES(4,'token_created','script (…P3D0)','127.0.0.1','2026-11-27 04:47:19.865930',1);
CREATE TABLE "accounts_firstaccount" ("only" bool NOT NULL PRIMARY KEY, "user_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "accounts_firstaccount_one_row" CHECK ("only"));
INSERT INTO "accounts_firstaccount" VALUES(1,1);
CREATE TABLE "accounts_invitation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "token" varchar(64) NOT NULL UNIQUE, "note" varchar(200) NOT NULL, "created_at" datetime NOT NULL, "expires_at" datetime NOT NULL, "used_at" datetime NULL, "created_by_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "used_by_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "accounts_limits" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "running" smallint unsigned NULL CHECK ("running" >= 0), "waiting" smallint unsigned NULL CHECK ("waiting" >= 0), "requests_per_minute" integer unsigned NULL CHECK ("requests_per_minute" >= 0), "tokens_per_day" bigint unsigned NULL CHECK ("tokens_per_day" >= 0), "tokens_per_month" bigint unsigned NULL CHECK ("tokens_per_month" >= 0), "dollars_per_day" decimal NULL, "dollars_per_month" decimal NULL, "priority" smallint unsigned NULL CHECK ("priority" >= 0), "group_id" integer NULL UNIQUE REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NULL UNIQUE REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "accounts_limits_of_one" CHECK ((("group_id" IS NOT NULL AND "user_id" IS NULL) OR ("group_id" IS NULL AND "user_id" IS NOT NULL))));
INSERT INTO "accounts_limits" VALUES(1,3,7,NULL,1000,NULL,NULL,NULL,NULL,NULL,2);
CREATE TABLE "accounts_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "first_name" varchar(150) NOT NULL, "last_name" varchar(150) NOT NULL, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "public_id" char(32) NOT NULL UNIQUE, "email" varchar(254) NOT NULL UNIQUE, "streaming" bool NOT NULL, "own_dollars_per_day" decimal NULL, "own_dollars_per_month" decimal NULL);
INSERT INTO "accounts_user" VALUES(1,'pbkdf2_sha256$1000000$ris3oB58hcuyNFZtZnpu9V$QrWNy17WrZzG/nBWc9PEovXdYJGhcgxQJqzKTo8uSi4=',NULL,1,'alice','','',1,1,'2026-11-27 04:46:59.227993','037dc64363384ae6974f8bc0ad6a449e','alice@example.org',1,NULL,NULL);
INSERT INTO "accounts_user" VALUES(2,'pbkdf2_sha256$1000000$n6m5oCW3GaOSXbPolaESDl$/spjrqscmOPt+8YXYuV8FHZ78RNgLoZL3z7PA6celnA=',NULL,0,'bob','','',0,1,'2026-11-27 04:46:59.486491','bdfdb76754b743a79d98761c65f9bca4','bob@example.org',1,NULL,NULL);
CREATE TABLE "accounts_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "accounts_user_groups" VALUES(1,2,1);
CREATE TABLE "accounts_user_user_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
INSERT INTO "auth_group" VALUES(1,'keepers');
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "auth_group_permissions" VALUES(1,1,48);
INSERT INTO "auth_group_permissions" VALUES(2,1,31);
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
INSERT INTO "auth_permission" VALUES(1,1,'add_comparison','Can add comparison');
INSERT INTO "auth_permission" VALUES(2,1,'change_comparison','Can change comparison');
INSERT INTO "auth_permission" VALUES(3,1,'delete_comparison','Can delete comparison');
INSERT INTO "auth_permission" VALUES(4,1,'view_comparison','Can view comparison');
INSERT INTO "auth_permission" VALUES(5,2,'add_candidate','Can add candidate');
INSERT INTO "auth_permission" VALUES(6,2,'change_candidate','Can change candidate');
INSERT INTO "auth_permission" VALUES(7,2,'delete_candidate','Can delete candidate');
INSERT INTO "auth_permission" VALUES(8,2,'view_candidate','Can view candidate');
INSERT INTO "auth_permission" VALUES(9,3,'add_turn','Can add turn');
INSERT INTO "auth_permission" VALUES(10,3,'change_turn','Can change turn');
INSERT INTO "auth_permission" VALUES(11,3,'delete_turn','Can delete turn');
INSERT INTO "auth_permission" VALUES(12,3,'view_turn','Can view turn');
INSERT INTO "auth_permission" VALUES(13,4,'add_vote','Can add vote');
INSERT INTO "auth_permission" VALUES(14,4,'change_vote','Can change vote');
INSERT INTO "auth_permission" VALUES(15,4,'delete_vote','Can delete vote');
INSERT INTO "auth_permission" VALUES(16,4,'view_vote','Can view vote');
INSERT INTO "auth_permission" VALUES(17,5,'add_conversation','Can add conversation');
INSERT INTO "auth_permission" VALUES(18,5,'change_conversation','Can change conversation');
INSERT INTO "auth_permission" VALUES(19,5,'delete_conversation','Can delete conversation');
INSERT INTO "auth_permission" VALUES(20,5,'view_conversation','Can view conversation');
INSERT INTO "auth_permission" VALUES(21,6,'add_message','Can add message');
INSERT INTO "auth_permission" VALUES(22,6,'change_message','Can change message');
INSERT INTO "auth_permission" VALUES(23,6,'delete_message','Can delete message');
INSERT INTO "auth_permission" VALUES(24,6,'view_message','Can view message');
INSERT INTO "auth_permission" VALUES(25,7,'add_messageimage','Can add message image');
INSERT INTO "auth_permission" VALUES(26,7,'change_messageimage','Can change message image');
INSERT INTO "auth_permission" VALUES(27,7,'delete_messageimage','Can delete message image');
INSERT INTO "auth_permission" VALUES(28,7,'view_messageimage','Can view message image');
INSERT INTO "auth_permission" VALUES(29,8,'add_preset','Can add preset');
INSERT INTO "auth_permission" VALUES(30,8,'change_preset','Can change preset');
INSERT INTO "auth_permission" VALUES(31,8,'delete_preset','Can delete preset');
INSERT INTO "auth_permission" VALUES(32,8,'view_preset','Can view preset');
INSERT INTO "auth_permission" VALUES(33,9,'add_prompttemplate','Can add prompt template');
INSERT INTO "auth_permission" VALUES(34,9,'change_prompttemplate','Can change prompt template');
INSERT INTO "auth_permission" VALUES(35,9,'delete_prompttemplate','Can delete prompt template');
INSERT INTO "auth_permission" VALUES(36,9,'view_prompttemplate','Can view prompt template');
INSERT INTO "auth_permission" VALUES(37,10,'add_run','Can add run');
INSERT INTO "auth_permission" VALUES(38,10,'change_run','Can change run');
INSERT INTO "auth_permission" VALUES(39,10,'delete_run','Can delete run');
INSERT INTO "auth_permission" VALUES(40,10,'view_run','Can view run');
INSERT INTO "auth_permission" VALUES(41,11,'add_generation','Can add generation');
INSERT INTO "auth_permission" VALUES(42,11,'change_generation','Can change generation');
INSERT INTO "auth_permission" VALUES(43,11,'delete_generation','Can delete generation');
INSERT INTO "auth_permission" VALUES(44,11,'view_generation','Can view generation');
INSERT INTO "auth_permission" VALUES(45,12,'add_dailyuse','Can add daily use');
INSERT INTO "auth_permission" VALUES(46,12,'change_dailyuse','Can change daily use');
INSERT INTO "auth_permission" VALUES(47,12,'delete_dailyuse','Can delete daily use');
INSERT INTO "auth_permission" VALUES(48,12,'view_dailyuse','Can view daily use');
INSERT INTO "auth_permission" VALUES(49,13,'add_image','Can add image');
INSERT INTO "auth_permission" VALUES(50,13,'change_image','Can change image');
INSERT INTO "auth_permission" VALUES(51,13,'delete_image','Can delete image');
INSERT INTO "auth_permission" VALUES(52,13,'view_image','Can view image');
INSERT INTO "auth_permission" VALUES(53,14,'add_endpoint','Can add endpoint');
INSERT INTO "auth_permission" VALUES(54,14,'change_endpoint','Can change endpoint');
INSERT INTO "auth_permission" VALUES(55,14,'delete_endpoint','Can delete endpoint');
INSERT INTO "auth_permission" VALUES(56,14,'view_endpoint','Can view endpoint');
INSERT INTO "auth_permission" VALUES(57,15,'add_languagemodel','Can add language model');
INSERT INTO "auth_permission" VALUES(58,15,'change_languagemodel','Can change language model');
INSERT INTO "auth_permission" VALUES(59,15,'delete_languagemodel','Can delete language model');
INSERT INTO "auth_permission" VALUES(60,15,'view_languagemodel','Can view language model');
INSERT INTO "auth_permission" VALUES(61,16,'add_providerkey','Can add provider key');
INSERT INTO "auth_permission" VALUES(62,16,'change_providerkey','Can change provider key');
INSERT INTO "auth_permission" VALUES(63,16,'delete_providerkey','Can delete provider key');
INSERT INTO "auth_permission" VALUES(64,16,'view_providerkey','Can view provider key');
INSERT INTO "auth_permission" VALUES(65,17,'add_user','Can add user');
INSERT INTO "auth_permission" VALUES(66,17,'change_user','Can change user');
INSERT INTO "auth_permission" VALUES(67,17,'delete_user','Can delete user');
INSERT INTO "auth_permission" VALUES(68,17,'view_user','Can view user');
INSERT INTO "auth_permission" VALUES(69,18,'add_apitoken','Can add api token');
INSERT INTO "auth_permission" VALUES(70,18,'change_apitoken','Can change api token');
INSERT INTO "auth_permission" VALUES(71,18,'delete_apitoken','Can delete api token');
INSERT INTO "auth_permission" VALUES(72,18,'view_apitoken','Can view api token');
INSERT INTO "auth_permission" VALUES(73,19,'add_firstaccount','Can add first account');
INSERT INTO "auth_permission" VALUES(74,19,'change_firstaccount','Can change first account');
INSERT INTO "auth_permission" VALUES(75,19,'delete_firstaccount','Can delete first account');
INSERT INTO "auth_permission" VALUES(76,19,'view_firstaccount','Can view first account');
INSERT INTO "auth_permission" VALUES(77,20,'add_invitation','Can add invitation');
INSERT INTO "auth_permission" VALUES(78,20,'change_invitation','Can change invitation');
INSERT INTO "auth_permission" VALUES(79,20,'delete_invitation','Can delete invitation');
INSERT INTO "auth_permission" VALUES(80,20,'view_invitation','Can view invitation');
INSERT INTO "auth_permission" VALUES(81,21,'add_auditentry','Can add audit entry');
INSERT INTO "auth_permission" VALUES(82,21,'change_auditentry','Can change audit entry');
INSERT INTO "auth_permission" VALUES(83,21,'delete_auditentry','Can delete audit entry');
INSERT INTO "auth_permission" VALUES(84,21,'view_auditentry','Can view audit entry');
INSERT INTO "auth_permission" VALUES(85,22,'add_limits','Can add limits');
INSERT INTO "auth_permission" VALUES(86,22,'change_limits','Can change limits');
INSERT INTO "auth_permission" VALUES(87,22,'delete_limits','Can delete limits');
INSERT INTO "auth_permission" VALUES(88,22,'view_limits','Can view limits');
INSERT INTO "auth_permission" VALUES(89,23,'add_logentry','Can add log entry');
INSERT INTO "auth_permission" VALUES(90,23,'change_logentry','Can change log entry');
INSERT INTO "auth_permission" VALUES(91,23,'delete_logentry','Can delete log entry');
INSERT INTO "auth_permission" VALUES(92,23,'view_logentry','Can view log entry');
INSERT INTO "auth_permission" VALUES(93,24,'add_permission','Can add permission');
INSERT INTO "auth_permission" VALUES(94,24,'change_permission','Can change permission');
INSERT INTO "auth_permission" VALUES(95,24,'delete_permission','Can delete permission');
INSERT INTO "auth_permission" VALUES(96,24,'view_permission','Can view permission');
INSERT INTO "auth_permission" VALUES(97,25,'add_group','Can add group');
INSERT INTO "auth_permission" VALUES(98,25,'change_group','Can change group');
INSERT INTO "auth_permission" VALUES(99,25,'delete_group','Can delete group');
INSERT INTO "auth_permission" VALUES(100,25,'view_group','Can view group');
INSERT INTO "auth_permission" VALUES(101,26,'add_contenttype','Can add content type');
INSERT INTO "auth_permission" VALUES(102,26,'change_contenttype','Can change content type');
INSERT INTO "auth_permission" VALUES(103,26,'delete_contenttype','Can delete content type');
INSERT INTO "auth_permission" VALUES(104,26,'view_contenttype','Can view content type');
INSERT INTO "auth_permission" VALUES(105,27,'add_session','Can add session');
INSERT INTO "auth_permission" VALUES(106,27,'change_session','Can change session');
INSERT INTO "auth_permission" VALUES(107,27,'delete_session','Can delete session');
INSERT INTO "auth_permission" VALUES(108,27,'view_session','Can view session');
INSERT INTO "auth_permission" VALUES(109,28,'add_emailaddress','Can add email address');
INSERT INTO "auth_permission" VALUES(110,28,'change_emailaddress','Can change email address');
INSERT INTO "auth_permission" VALUES(111,28,'delete_emailaddress','Can delete email address');
INSERT INTO "auth_permission" VALUES(112,28,'view_emailaddress','Can view email address');
INSERT INTO "auth_permission" VALUES(113,29,'add_emailconfirmation','Can add email confirmation');
INSERT INTO "auth_permission" VALUES(114,29,'change_emailconfirmation','Can change email confirmation');
INSERT INTO "auth_permission" VALUES(115,29,'delete_emailconfirmation','Can delete email confirmation');
INSERT INTO "auth_permission" VALUES(116,29,'view_emailconfirmation','Can view email confirmation');
INSERT INTO "auth_permission" VALUES(117,30,'add_authenticator','Can add authenticator');
INSERT INTO "auth_permission" VALUES(118,30,'change_authenticator','Can change authenticator');
INSERT INTO "auth_permission" VALUES(119,30,'delete_authenticator','Can delete authenticator');
INSERT INTO "auth_permission" VALUES(120,30,'view_authenticator','Can view authenticator');
INSERT INTO "auth_permission" VALUES(121,31,'add_blacklistedtoken','Can add Blacklisted Token');
INSERT INTO "auth_permission" VALUES(122,31,'change_blacklistedtoken','Can change Blacklisted Token');
INSERT INTO "auth_permission" VALUES(123,31,'delete_blacklistedtoken','Can delete Blacklisted Token');
INSERT INTO "auth_permission" VALUES(124,31,'view_blacklistedtoken','Can view Blacklisted Token');
INSERT INTO "auth_permission" VALUES(125,32,'add_outstandingtoken','Can add Outstanding Token');
INSERT INTO "auth_permission" VALUES(126,32,'change_outstandingtoken','Can change Outstanding Token');
INSERT INTO "auth_permission" VALUES(127,32,'delete_outstandingtoken','Can delete Outstanding Token');
INSERT INTO "auth_permission" VALUES(128,32,'view_outstandingtoken','Can view Outstanding Token');
CREATE TABLE "comparisons_candidate" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "position" smallint unsigned NOT NULL CHECK ("position" >= 0), "conversation_id" bigint NOT NULL UNIQUE REFERENCES "conversations_conversation" ("id") DEFERRABLE INITIALLY DEFERRED, "comparison_id" bigint NOT NULL REFERENCES "comparisons_comparison" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_candidate_a_position" UNIQUE ("comparison_id", "position"));
INSERT INTO "comparisons_candidate" VALUES(1,0,1,1);
INSERT INTO "comparisons_candidate" VALUES(2,1,2,1);
CREATE TABLE "comparisons_comparison" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "title" varchar(200) NOT NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "comparisons_comparison" VALUES(1,'bedb948942ba48c082f38153ec10139b','What is a monad?','2026-11-27 04:46:59.765645','2026-11-27 04:47:07.255878',1);
CREATE TABLE "comparisons_turn" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "number" integer unsigned NOT NULL CHECK ("number" >= 0), "prompt" text NOT NULL, "created_at" datetime NOT NULL, "comparison_id" bigint NOT NULL REFERENCES "comparisons_comparison" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" bigint NOT NULL UNIQUE REFERENCES "generations_run" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_turn_a_number" UNIQUE ("comparison_id", "number"));
INSERT INTO "comparisons_turn" VALUES(1,0,'What is a monad?','2026-11-27 04:46:59.910236',1,1);
INSERT INTO "comparisons_turn" VALUES(2,1,'And a functor?','2026-11-27 04:47:07.255485',1,2);
CREATE TABLE "comparisons_vote" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "preferred_index" smallint unsigned NULL CHECK ("preferred_index" >= 0), "verdict" varchar(8) NOT NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "turn_id" bigint NOT NULL REFERENCES "comparisons_turn" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_vote_a_turn" UNIQUE ("turn_id", "user_id"), CONSTRAINT "an_index_or_a_verdict" CHECK ((("preferred_index" IS NOT NULL AND "verdict" = '') OR ("preferred_index" IS NULL AND "verdict" IN ('tie', 'all_bad')))));
INSERT INTO "comparisons_vote" VALUES(1,1,'','2026-11-27 04:47:07.223315','2026-11-27 04:47:07.223553',1,1);
CREATE TABLE "conversations_conversation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "kind" varchar(10) NOT NULL, "title" varchar(200) NOT NULL, "provider" varchar(64) NOT NULL, "model" varchar(200) NOT NULL, "system" text NOT NULL, "parameters" text NOT NULL CHECK ((JSON_VALID("parameters") OR "parameters" IS NULL)), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "discarded_at" datetime NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "leaf_id" bigint NULL REFERENCES "conversations_message" ("id") DEFERRABLE INITIALLY DEFERRED, "fallback" varchar(265) NOT NULL);
INSERT INTO "conversations_conversation" VALUES(1,'9b6901bc98e245ecbf6804c8da4c687c','candidate','','demo','demo-swift','Be brief.','{"temperature": 0.0, "max_tokens": 400}','2026-11-27 04:46:59.766348','2026-11-27 04:47:07.253340',NULL,1,7,'');
INSERT INTO "conversations_conversation" VALUES(2,'f0a786ed7cc94b3daa7bc6ff3f97bedf','candidate','','demo','demo-thinker','Be brief.','{"temperature": 0.0, "max_tokens": 400}','2026-11-27 04:46:59.766385','2026-11-27 04:47:07.253347',NULL,1,8,'');
INSERT INTO "conversations_conversation" VALUES(3,'9e61420b1eaa465f9662e50fd11197ea','chat','Say hello.','demo','demo-swift','You are kind.','{}','2026-11-27 04:47:14.737306','2026-11-27 04:47:17.192117',NULL,1,12,'');
CREATE TABLE "conversations_message" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "role" varchar(9) NOT NULL, "text" text NOT NULL, "omitted" integer unsigned NOT NULL CHECK ("omitted" >= 0), "omitted_images" integer unsigned NOT NULL CHECK ("omitted_images" >= 0), "created_at" datetime NOT NULL, "conversation_id" bigint NOT NULL REFERENCES "conversations_conversation" ("id") DEFERRABLE INITIALLY DEFERRED, "generation_id" bigint NULL UNIQUE REFERENCES "generations_generation" ("id") DEFERRABLE INITIALLY DEFERRED, "parent_id" bigint NULL REFERENCES "conversations_message" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "conversations_message" VALUES(1,'d3151b472b4a4a82a36cca9bf08ec5a7','user','What is a monad?',0,0,'2026-11-27 04:46:59.767296',1,NULL,NULL);
INSERT INTO "conversations_message" VALUES(2,'0182a184741145f0bb08030e5dbd3c5e','user','What is a monad?',0,0,'2026-11-27 04:46:59.767316',2,NULL,NULL);
INSERT INTO "conversations_message" VALUES(3,'480a03df687e46db894b80005cf4c71d','assistant','',0,0,'2026-11-27 04:46:59.908709',1,1,1);
INSERT INTO "conversations_message" VALUES(4,'7e96952194c7426795352b0fdbdb5328','assistant','',0,0,'2026-11-27 04:46:59.908734',2,2,2);
INSERT INTO "conversations_message" VALUES(5,'e886a6507123443fba1e00dddcf9d6dc','user','And a functor?',0,0,'2026-11-27 04:47:07.244519',1,NULL,3);
INSERT INTO "conversations_message" VALUES(6,'fc0656413ceb44098b89b9ab58a3372e','user','And a functor?',0,0,'2026-11-27 04:47:07.244542',2,NULL,4);
INSERT INTO "conversations_message" VALUES(7,'fe972e1c42ab419f93b88105ddb53d44','assistant','',0,0,'2026-11-27 04:47:07.252949',1,3,5);
INSERT INTO "conversations_message" VALUES(8,'03ad5aa944e446b1bb9d9e362cfe1502','assistant','',0,0,'2026-11-27 04:47:07.252984',2,4,6);
INSERT INTO "conversations_message" VALUES(9,'273ff935f1b5446f901f53abd093c66f','user','Say hello.',0,0,'2026-11-27 04:47:14.738941',3,NULL,NULL);
INSERT INTO "conversations_message" VALUES(10,'7d289ce9501a48978a827cdf8c9ec22b','assistant','',0,0,'2026-11-27 04:47:14.745566',3,5,9);
INSERT INTO "conversations_message" VALUES(11,'33995a743c3745edb550e2143578996b','user','And again.',0,0,'2026-11-27 04:47:17.184311',3,NULL,10);
INSERT INTO "conversations_message" VALUES(12,'1569939ca48948f79b8fa3129d53a555','assistant','',0,0,'2026-11-27 04:47:17.191890',3,6,11);
CREATE TABLE "conversations_messageimage" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "position" smallint unsigned NOT NULL CHECK ("position" >= 0), "image_id" bigint NOT NULL REFERENCES "images_image" ("id") DEFERRABLE INITIALLY DEFERRED, "message_id" bigint NOT NULL REFERENCES "conversations_message" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_image_a_place" UNIQUE ("message_id", "position"));
CREATE TABLE "conversations_preset" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "name" varchar(80) NOT NULL, "created_at" datetime NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_preset_a_name" UNIQUE ("user_id", "name"));
INSERT INTO "conversations_preset" VALUES(1,'18a6f443bfc84deeb1ca42fc73e32480','Two demos','2026-11-27 04:47:19.848778','{"providers": [{"provider": "demo", "model": "demo-swift"}, {"provider": "demo", "model": "demo-thinker"}], "system": "Be brief.", "tier": "brief", "parameters": {"temperature": 0.0}}',1);
CREATE TABLE "conversations_prompttemplate" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "name" varchar(80) NOT NULL, "created_at" datetime NOT NULL, "text" text NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_prompttemplate_a_name" UNIQUE ("user_id", "name"));
INSERT INTO "conversations_prompttemplate" VALUES(1,'83b5e836df3648d9a2d72b2f0cfcf3f9','Explain','2026-11-27 04:47:19.857202','Explain {{topic}}.',1);
CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
INSERT INTO "django_content_type" VALUES(1,'comparisons','comparison');
INSERT INTO "django_content_type" VALUES(2,'comparisons','candidate');
INSERT INTO "django_content_type" VALUES(3,'comparisons','turn');
INSERT INTO "django_content_type" VALUES(4,'comparisons','vote');
INSERT INTO "django_content_type" VALUES(5,'conversations','conversation');
INSERT INTO "django_content_type" VALUES(6,'conversations','message');
INSERT INTO "django_content_type" VALUES(7,'conversations','messageimage');
INSERT INTO "django_content_type" VALUES(8,'conversations','preset');
INSERT INTO "django_content_type" VALUES(9,'conversations','prompttemplate');
INSERT INTO "django_content_type" VALUES(10,'generations','run');
INSERT INTO "django_content_type" VALUES(11,'generations','generation');
INSERT INTO "django_content_type" VALUES(12,'generations','dailyuse');
INSERT INTO "django_content_type" VALUES(13,'images','image');
INSERT INTO "django_content_type" VALUES(14,'providers','endpoint');
INSERT INTO "django_content_type" VALUES(15,'providers','languagemodel');
INSERT INTO "django_content_type" VALUES(16,'providers','providerkey');
INSERT INTO "django_content_type" VALUES(17,'accounts','user');
INSERT INTO "django_content_type" VALUES(18,'accounts','apitoken');
INSERT INTO "django_content_type" VALUES(19,'accounts','firstaccount');
INSERT INTO "django_content_type" VALUES(20,'accounts','invitation');
INSERT INTO "django_content_type" VALUES(21,'accounts','auditentry');
INSERT INTO "django_content_type" VALUES(22,'accounts','limits');
INSERT INTO "django_content_type" VALUES(23,'admin','logentry');
INSERT INTO "django_content_type" VALUES(24,'auth','permission');
INSERT INTO "django_content_type" VALUES(25,'auth','group');
INSERT INTO "django_content_type" VALUES(26,'contenttypes','contenttype');
INSERT INTO "django_content_type" VALUES(27,'sessions','session');
INSERT INTO "django_content_type" VALUES(28,'account','emailaddress');
INSERT INTO "django_content_type" VALUES(29,'account','emailconfirmation');
INSERT INTO "django_content_type" VALUES(30,'mfa','authenticator');
INSERT INTO "django_content_type" VALUES(31,'token_blacklist','blacklistedtoken');
INSERT INTO "django_content_type" VALUES(32,'token_blacklist','outstandingtoken');
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
INSERT INTO "django_migrations" VALUES(1,'contenttypes','0001_initial','2026-11-27 04:46:53.950968');
INSERT INTO "django_migrations" VALUES(2,'contenttypes','0002_remove_content_type_name','2026-11-27 04:46:53.955435');
INSERT INTO "django_migrations" VALUES(3,'auth','0001_initial','2026-11-27 04:46:53.962184');
INSERT INTO "django_migrations" VALUES(4,'auth','0002_alter_permission_name_max_length','2026-11-27 04:46:53.966473');
INSERT INTO "django_migrations" VALUES(5,'auth','0003_alter_user_email_max_length','2026-11-27 04:46:53.969738');
INSERT INTO "django_migrations" VALUES(6,'auth','0004_alter_user_username_opts','2026-11-27 04:46:53.972999');
INSERT INTO "django_migrations" VALUES(7,'auth','0005_alter_user_last_login_null','2026-11-27 04:46:53.975986');
INSERT INTO "django_migrations" VALUES(8,'auth','0006_require_contenttypes_0002','2026-11-27 04:46:53.976525');
INSERT INTO "django_migrations" VALUES(9,'auth','0007_alter_validators_add_error_messages','2026-11-27 04:46:53.979054');
INSERT INTO "django_migrations" VALUES(10,'auth','0008_alter_user_username_max_length','2026-11-27 04:46:53.982025');
INSERT INTO "django_migrations" VALUES(11,'auth','0009_alter_user_last_name_max_length','2026-11-27 04:46:53.984894');
INSERT INTO "django_migrations" VALUES(12,'auth','0010_alter_group_name_max_length','2026-11-27 04:46:53.989469');
INSERT INTO "django_migrations" VALUES(13,'auth','0011_update_proxy_permissions','2026-11-27 04:46:53.992766');
INSERT INTO "django_migrations" VALUES(14,'auth','0012_alter_user_first_name_max_length','2026-11-27 04:46:53.997441');
INSERT INTO "django_migrations" VALUES(15,'accounts','0001_initial','2026-11-27 04:46:54.111545');
INSERT INTO "django_migrations" VALUES(16,'account','0001_initial','2026-11-27 04:46:54.124290');
INSERT INTO "django_migrations" VALUES(17,'account','0002_email_max_length','2026-11-27 04:46:54.131483');
INSERT INTO "django_migrations" VALUES(18,'account','0003_alter_emailaddress_create_unique_verified_email','2026-11-27 04:46:54.141668');
INSERT INTO "django_migrations" VALUES(19,'account','0004_alter_emailaddress_drop_unique_email','2026-11-27 04:46:54.149299');
INSERT INTO "django_migrations" VALUES(20,'account','0005_emailaddress_idx_upper_email','2026-11-27 04:46:54.157734');
INSERT INTO "django_migrations" VALUES(21,'account','0006_emailaddress_lower','2026-11-27 04:46:54.164584');
INSERT INTO "django_migrations" VALUES(22,'account','0007_emailaddress_idx_email','2026-11-27 04:46:54.176787');
INSERT INTO "django_migrations" VALUES(23,'account','0008_emailaddress_unique_primary_email_fixup','2026-11-27 04:46:54.184413');
INSERT INTO "django_migrations" VALUES(24,'account','0009_emailaddress_unique_primary_email','2026-11-27 04:46:54.190353');
INSERT INTO "django_migrations" VALUES(25,'accounts','0002_audit_and_scopes','2026-11-27 04:46:54.206942');
INSERT INTO "django_migrations" VALUES(26,'accounts','0003_limits','2026-11-27 04:46:54.225471');
INSERT INTO "django_migrations" VALUES(27,'admin','0001_initial','2026-11-27 04:46:54.233760');
INSERT INTO "django_migrations" VALUES(28,'admin','0002_logentry_remove_auto_add','2026-11-27 04:46:54.245305');
INSERT INTO "django_migrations" VALUES(29,'admin','0003_logentry_add_action_flag_choices','2026-11-27 04:46:54.252273');
INSERT INTO "django_migrations" VALUES(30,'generations','0001_initial','2026-11-27 04:46:54.270740');
INSERT INTO "django_migrations" VALUES(31,'images','0001_initial','2026-11-27 04:46:54.283594');
INSERT INTO "django_migrations" VALUES(32,'conversations','0001_initial','2026-11-27 04:46:54.412074');
INSERT INTO "django_migrations" VALUES(33,'comparisons','0001_initial','2026-11-27 04:46:54.639789');
INSERT INTO "django_migrations" VALUES(34,'conversations','0002_fallback','2026-11-27 04:46:54.657232');
INSERT INTO "django_migrations" VALUES(35,'generations','0002_limits','2026-11-27 04:46:54.778847');
INSERT INTO "django_migrations" VALUES(36,'generations','0003_fallback','2026-11-27 04:46:54.819328');
INSERT INTO "django_migrations" VALUES(37,'mfa','0001_initial','2026-11-27 04:46:54.835937');
INSERT INTO "django_migrations" VALUES(38,'mfa','0002_authenticator_timestamps','2026-11-27 04:46:54.867827');
INSERT INTO "django_migrations" VALUES(39,'mfa','0003_authenticator_type_uniq','2026-11-27 04:46:54.916601');
INSERT INTO "django_migrations" VALUES(40,'providers','0001_initial','2026-11-27 04:46:54.953562');
INSERT INTO "django_migrations" VALUES(41,'providers','0002_first_used_at','2026-11-27 04:46:54.970019');
INSERT INTO "django_migrations" VALUES(42,'sessions','0001_initial','2026-11-27 04:46:54.972453');
INSERT INTO "django_migrations" VALUES(43,'token_blacklist','0001_initial','2026-11-27 04:46:55.013414');
INSERT INTO "django_migrations" VALUES(44,'token_blacklist','0002_outstandingtoken_jti_hex','2026-11-27 04:46:55.029638');
INSERT INTO "django_migrations" VALUES(45,'token_blacklist','0003_auto_20171017_2007','2026-11-27 04:46:55.049456');
INSERT INTO "django_migrations" VALUES(46,'token_blacklist','0004_auto_20171017_2013','2026-11-27 04:46:55.068695');
INSERT INTO "django_migrations" VALUES(47,'token_blacklist','0005_remove_outstandingtoken_jti','2026-11-27 04:46:55.087116');
INSERT INTO "django_migrations" VALUES(48,'token_blacklist','0006_auto_20171017_2113','2026-11-27 04:46:55.277639');
INSERT INTO "django_migrations" VALUES(49,'token_blacklist','0007_auto_20171017_2214','2026-11-27 04:46:55.319268');
INSERT INTO "django_migrations" VALUES(50,'token_blacklist','0008_migrate_to_bigautofield','2026-11-27 04:46:55.346840');
INSERT INTO "django_migrations" VALUES(51,'token_blacklist','0010_fix_migrate_to_bigautofield','2026-11-27 04:46:55.376191');
INSERT INTO "django_migrations" VALUES(52,'token_blacklist','0011_linearizes_history','2026-11-27 04:46:55.376869');
INSERT INTO "django_migrations" VALUES(53,'token_blacklist','0012_alter_outstandingtoken_user','2026-11-27 04:46:55.395965');
INSERT INTO "django_migrations" VALUES(54,'token_blacklist','0013_alter_blacklistedtoken_options_and_more','2026-11-27 04:46:55.413025');
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
INSERT INTO "django_session" VALUES('apilr2clxewdrc37yadsyra8wowfqd24','eyJhY2NvdW50X3ZlcmlmaWVkX2VtYWlsIjpudWxsfQ:1xWnrP:JoUJn8mfRcfOoNfctHaRiGgc6-7eXWldInga_SdEj8U','2026-12-11 04:46:59.471669');
INSERT INTO "django_session" VALUES('1efdbzkmspyvnvwrcs5l09309z0czzlm','eyJhY2NvdW50X3ZlcmlmaWVkX2VtYWlsIjpudWxsfQ:1xWnrP:JoUJn8mfRcfOoNfctHaRiGgc6-7eXWldInga_SdEj8U','2026-12-11 04:46:59.739509');
CREATE TABLE "generations_dailyuse" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "day" date NOT NULL, "payer" varchar(6) NOT NULL, "answers" integer unsigned NOT NULL CHECK ("answers" >= 0), "tokens" bigint unsigned NOT NULL CHECK ("tokens" >= 0), "cost" decimal NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "generations_one_use_a_day" UNIQUE ("user_id", "day", "payer"));
INSERT INTO "generations_dailyuse" VALUES(1,'2026-11-27','',6,1137,0,1);
CREATE TABLE "generations_generation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "index" smallint unsigned NOT NULL CHECK ("index" >= 0), "provider" varchar(64) NOT NULL, "model" varchar(200) NOT NULL, "parameters" text NOT NULL CHECK ((JSON_VALID("parameters") OR "parameters" IS NULL)), "request" text NULL CHECK ((JSON_VALID("request") OR "request" IS NULL)), "status" varchar(12) NOT NULL, "attempt" smallint unsigned NOT NULL CHECK ("attempt" >= 0), "past_attempts" text NOT NULL CHECK ((JSON_VALID("past_attempts") OR "past_attempts" IS NULL)), "stop_requested" bool NOT NULL, "deliveries" smallint unsigned NOT NULL CHECK ("deliveries" >= 0), "queued_at" datetime NOT NULL, "lease" char(32) NULL, "lease_until" datetime NULL, "ended_at" datetime NULL, "text" text NOT NULL, "reasoning" text NOT NULL, "timeline" text NOT NULL CHECK ((JSON_VALID("timeline") OR "timeline" IS NULL)), "error_code" varchar(32) NOT NULL, "error" varchar(500) NOT NULL, "retryable" bool NOT NULL, "finish_reason" varchar(20) NOT NULL, "time" real NULL, "ttft" real NULL, "input_tokens" integer unsigned NULL CHECK ("input_tokens" >= 0), "output_tokens" integer unsigned NULL CHECK ("output_tokens" >= 0), "reasoning_tokens" integer unsigned NULL CHECK ("reasoning_tokens" >= 0), "cached_input_tokens" integer unsigned NULL CHECK ("cached_input_tokens" >= 0), "usage_source" varchar(8) NOT NULL, "cost" decimal NULL, "key_source" varchar(6) NOT NULL, "created_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "current_run_id" bigint NOT NULL REFERENCES "generations_run" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" bigint NOT NULL REFERENCES "generations_run" ("id") DEFERRABLE INITIALLY DEFERRED, "held_back" bool NOT NULL, "priority" smallint unsigned NOT NULL CHECK ("priority" >= 0), "reserved_cost" decimal NOT NULL, "reserved_tokens" integer unsigned NOT NULL CHECK ("reserved_tokens" >= 0), "answered_by" varchar(265) NOT NULL, "fallback" varchar(265) NOT NULL, CONSTRAINT "one_generation_a_slot" UNIQUE ("run_id", "index"));
INSERT INTO "generations_generation" VALUES(1,'e548224ba3544216bc0d0000e4a84e1c',0,'demo','demo-swift','{"temperature": 0.0, "max_tokens": 400}',NULL,'completed',1,'[]',0,1,'2026-11-27 04:46:59.907865',NULL,NULL,'2026-11-27 04:47:02.399892','*Demo answer: written in advance, no language model was asked.*

**Short answer** to “What is a monad?”:

- Ask several models the same question.
- Compare what they say, and *how fast* they say it.
- Keep the one you like, and ask it something more.

```python
def best(answers: dict[str, int]) -> str:
    return max(answers, key=answers.__getitem__)
```
','','[[0, 0.2041], [5, 0.2401], [13, 0.2741], [21, 0.3101], [24, 0.3441], [33, 0.3791], [36, 0.4161], [45, 0.4501], [51, 0.4851], [55, 0.5211], [63, 0.5551], [72, 0.5901], [81, 0.6261], [84, 0.6601], [90, 0.6951], [93, 0.7311], [95, 0.7651], [104, 0.8011], [107, 0.8371], [111, 0.8711], [119, 0.9061], [126, 0.9421], [130, 0.9761], [135, 1.0111], [144, 1.0471], [145, 1.0821], [147, 1.1171], [155, 1.1521], [160, 1.1861], [165, 1.2231], [170, 1.2571], [174, 1.2921], [179, 1.3271], [185, 1.3651], [190, 1.3971], [194, 1.4321], [198, 1.4681], [200, 1.5021], [205, 1.5381], [209, 1.5721], [213, 1.6091], [217, 1.6431], [223, 1.6791], [227, 1.7131], [231, 1.7491], [234, 1.7831], [243, 1.8181], [244, 1.8541], [250, 1.8881], [260, 1.9231], [261, 1.9581], [265, 1.9931], [274, 2.0291], [279, 2.0641], [288, 2.0991], [289, 2.1341], [295, 2.1701], [298, 2.2041], [303, 2.2391], [314, 2.2751], [323, 2.3091], [327, 2.3441], [336, 2.3791], [344, 2.4161], [352, 2.4511], [356, 2.4861]]','','',0,'stop',2.4861,0.2041,6,66,0,0,'provider',0,'','2026-11-27 04:46:59.907916',1,1,1,0,3,0,0,'','');
INSERT INTO "generations_generation" VALUES(2,'828e964fc9014c2fa579e8214df685ba',1,'demo','demo-thinker','{"temperature": 0.0, "max_tokens": 400}',NULL,'completed',1,'[]',0,1,'2026-11-27 04:46:59.907959',NULL,NULL,'2026-11-27 04:47:07.185668','*Demo answer: written in advance, no language model was asked.*

I thought about “What is a monad?” before I wrote this; the reasoning is shown above the answer.

### Plan

- [x] Understand the question
- [x] Think of two rules that fit the first example
- [x] Find an example that tells them apart
- [ ] Ask a real model

### Check

With $f(x) = x + x$ and $g(x) = x^2$, the two agree where $x + x = x^2$, which is where $x(x - 2) = 0$:

$$x = 0 \quad\text{or}\quad x = 2$$

```rust
fn agree(x: i64) -> bool {
    x + x == x * x
}

fn main() {
    let found: Vec<i64> = (0..10).filter(|&x| agree(x)).collect();
    println!("{found:?}"); // [0, 2]
}
```

```bash
$ cargo run --quiet
[0, 2]
```

**Conclusion:** one example never proves a rule. ~~Trust~~ Compare.
','The question is “What is a monad?”. Nobody can look into a demo, so the honest way is to say what an
answer would need. First I would find out what is meant. Then I would collect two or three ways to answer it, and test
each with a small example. By hand: 2 + 2 = 4, and 2 · 2 = 4, so one example is not enough to tell two rules apart.
A second example settles it: 3 + 3 = 6, but 3 · 3 = 9. So the plan is a short list, a check, and a conclusion.
','[[0, 3.19], [5, 3.215], [13, 3.241], [21, 3.268], [24, 3.293], [33, 3.319], [36, 3.345], [45, 3.372], [51, 3.397], [55, 3.424], [63, 3.449], [66, 3.475], [74, 3.501], [80, 3.527], [86, 3.554], [89, 3.579], [91, 3.605], [99, 3.631], [106, 3.657], [108, 3.683], [114, 3.709], [120, 3.735], [124, 3.761], [133, 3.787], [134, 3.813], [137, 3.839], [143, 3.865], [149, 3.891], [153, 3.917], [161, 3.943], [166, 3.969], [171, 3.995], [174, 4.021], [178, 4.048], [187, 4.073], [189, 4.099], [193, 4.126], [202, 4.151], [204, 4.177], [208, 4.204], [214, 4.23], [217, 4.255], [221, 4.282], [227, 4.308], [232, 4.333], [236, 4.36], [240, 4.386], [246, 4.411], [254, 4.438], [256, 4.463], [260, 4.49], [265, 4.516], [268, 4.541], [276, 4.567], [281, 4.593], [287, 4.62], [292, 4.645], [298, 4.671], [300, 4.697], [302, 4.723], [304, 4.749], [308, 4.775], [310, 4.801], [315, 4.827], [321, 4.854], [326, 4.88], [332, 4.906], [338, 4.931], [344, 4.957], [346, 4.984], [348, 5.01], [350, 5.035], [353, 5.061], [357, 5.088], [363, 5.113], [365, 5.139], [371, 5.165], [375, 5.192], [379, 5.218], [385, 5.243], [391, 5.269], [394, 5.295], [396, 5.322], [398, 5.348], [400, 5.373], [406, 5.399], [412, 5.425], [415, 5.452], [421, 5.478], [426, 5.503], [428, 5.529], [431, 5.555], [433, 5.582], [437, 5.607], [442, 5.633], [444, 5.659], [446, 5.686], [455, 5.712], [463, 5.737], [466, 5.763], [468, 5.789], [470, 5.815], [474, 5.841], [483, 5.867], [486, 5.894], [495, 5.919], [500, 5.945], [503, 5.971], [508, 5.997], [510, 6.023], [516, 6.049], [518, 6.075], [520, 6.101], [523, 6.127], [525, 6.153], [527, 6.179], [529, 6.205], [531, 6.232], [535, 6.258], [542, 6.283], [544, 6.309], [552, 6.336], [559, 6.361], [568, 6.387], [570, 6.414], [579, 6.44], [587, 6.465], [590, 6.491], [599, 6.518], [607, 6.544], [611, 6.569], [624, 6.595], [632, 6.621], [638, 6.648], [641, 6.674], [645, 6.699], [648, 6.725], [650, 6.752], [654, 6.778], [663, 6.803], [665, 6.829], [671, 6.856], [675, 6.882], [683, 6.907], [687, 6.933], [690, 6.959], [694, 6.986], [704, 7.012], [711, 7.037], [715, 7.063], [723, 7.09], [729, 7.115], [736, 7.141], [738, 7.167], [744, 7.193], [753, 7.219], [754, 7.245], [763, 7.273]]','','',0,'stop',7.273,3.19,6,263,105,0,'provider',0,'','2026-11-27 04:46:59.907974',1,1,1,0,3,0,0,'','');
INSERT INTO "generations_generation" VALUES(3,'43bb4d226cbe44cd82918f019da6f316',0,'demo','demo-swift','{"temperature": 0.0, "max_tokens": 400}',NULL,'completed',1,'[]',0,1,'2026-11-27 04:47:07.251605',NULL,NULL,'2026-11-27 04:47:09.973121','*Demo answer: written in advance, no language model was asked.*

**Short answer** to “And a functor?” (question 2 of this conversation):

- Ask several models the same question.
- Compare what they say, and *how fast* they say it.
- Keep the one you like, and ask it something more.

```python
def best(answers: dict[str, int]) -> str:
    return max(answers, key=answers.__getitem__)
```
','','[[0, 0.1909], [5, 0.2259], [13, 0.2609], [21, 0.2959], [24, 0.3319], [33, 0.3659], [36, 0.4019], [45, 0.4379], [51, 0.4719], [55, 0.5079], [63, 0.5419], [72, 0.5769], [81, 0.6129], [84, 0.6469], [89, 0.6819], [91, 0.7179], [100, 0.7519], [101, 0.7869], [110, 0.8239], [111, 0.8579], [113, 0.8929], [116, 0.9289], [121, 0.9639], [130, 0.9979], [136, 1.0329], [139, 1.0689], [143, 1.1029], [151, 1.1389], [158, 1.1739], [162, 1.2089], [167, 1.2439], [176, 1.2789], [177, 1.3149], [179, 1.3489], [187, 1.3839], [192, 1.4189], [197, 1.4539], [202, 1.4899], [206, 1.5239], [211, 1.5599], [217, 1.5959], [222, 1.6299], [226, 1.6659], [230, 1.6999], [232, 1.7349], [237, 1.7709], [241, 1.8049], [245, 1.8399], [249, 1.8749], [255, 1.9099], [259, 1.9449], [263, 1.9799], [266, 2.0169], [275, 2.0509], [276, 2.0869], [282, 2.1219], [292, 2.1559], [293, 2.1909], [297, 2.2269], [306, 2.2609], [311, 2.2969], [320, 2.3309], [321, 2.3659], [327, 2.4029], [330, 2.4369], [335, 2.4729], [346, 2.5069], [355, 2.5429], [359, 2.5769], [368, 2.6119], [376, 2.6469], [384, 2.6819], [388, 2.7179]]','','',0,'stop',2.7179,0.1909,75,73,0,0,'provider',0,'','2026-11-27 04:47:07.251660',1,2,2,0,3,0,0,'','');
INSERT INTO "generations_generation" VALUES(4,'8417e3056ba144d4b9af9922fc4683a4',1,'demo','demo-thinker','{"temperature": 0.0, "max_tokens": 400}',NULL,'completed',1,'[]',0,1,'2026-11-27 04:47:07.251726',NULL,NULL,'2026-11-27 04:47:14.687251','*Demo answer: written in advance, no language model was asked.*

I thought about “And a functor?” (question 2 of this conversation) before I wrote this; the reasoning is shown above the answer.

### Plan

- [x] Understand the question
- [x] Think of two rules that fit the first example
- [x] Find an example that tells them apart
- [ ] Ask a real model

### Check

With $f(x) = x + x$ and $g(x) = x^2$, the two agree where $x + x = x^2$, which is where $x(x - 2) = 0$:

$$x = 0 \quad\text{or}\quad x = 2$$

```rust
fn agree(x: i64) -> bool {
    x + x == x * x
}

fn main() {
    let found: Vec<i64> = (0..10).filter(|&x| agree(x)).collect();
    println!("{found:?}"); // [0, 2]
}
```

```bash
$ cargo run --quiet
[0, 2]
```

**Conclusion:** one example never proves a rule. ~~Trust~~ Compare.
','The question is “And a functor?”. Nobody can look into a demo, so the honest way is to say what an
answer would need. First I would find out what is meant. Then I would collect two or three ways to answer it, and test
each with a small example. By hand: 2 + 2 = 4, and 2 · 2 = 4, so one example is not enough to tell two rules apart.
A second example settles it: 3 + 3 = 6, but 3 · 3 = 9. So the plan is a short list, a check, and a conclusion.
','[[0, 3.1674], [5, 3.1934], [13, 3.2194], [21, 3.2444], [24, 3.2704], [33, 3.2964], [36, 3.3234], [45, 3.3484], [51, 3.3744], [55, 3.4004], [63, 3.4274], [66, 3.4534], [74, 3.4784], [80, 3.5044], [85, 3.5314], [87, 3.5574], [96, 3.5824], [97, 3.6084], [106, 3.6344], [107, 3.6614], [109, 3.6864], [112, 3.7124], [117, 3.7384], [126, 3.7644], [131, 3.7904], [138, 3.8164], [140, 3.8424], [146, 3.8684], [152, 3.8944], [156, 3.9204], [165, 3.9464], [166, 3.9724], [169, 3.9984], [175, 4.0244], [181, 4.0514], [185, 4.0774], [193, 4.1024], [198, 4.1284], [203, 4.1544], [206, 4.1814], [210, 4.2074], [219, 4.2334], [221, 4.2594], [225, 4.2844], [234, 4.3104], [236, 4.3364], [240, 4.3624], [246, 4.3884], [249, 4.4144], [253, 4.4414], [259, 4.4674], [264, 4.4934], [268, 4.5184], [272, 4.5444], [278, 4.5714], [286, 4.5964], [288, 4.6224], [292, 4.6494], [297, 4.6754], [300, 4.7004], [308, 4.7264], [313, 4.7524], [319, 4.7794], [324, 4.8054], [330, 4.8304], [332, 4.8564], [334, 4.8824], [336, 4.9094], [340, 4.9354], [342, 4.9604], [347, 4.9864], [353, 5.0124], [358, 5.0394], [364, 5.0654], [370, 5.0914], [376, 5.1164], [378, 5.1424], [380, 5.1694], [382, 5.1954], [385, 5.2204], [389, 5.2464], [395, 5.2734], [397, 5.2994], [403, 5.3244], [407, 5.3504], [411, 5.3764], [417, 5.4034], [423, 5.4294], [426, 5.4544], [428, 5.4804], [430, 5.5064], [432, 5.5334], [438, 5.5584], [444, 5.5844], [447, 5.6104], [453, 5.6374], [458, 5.6634], [460, 5.6884], [463, 5.7144], [465, 5.7404], [469, 5.7674], [474, 5.7934], [476, 5.8184], [478, 5.8444], [487, 5.8704], [495, 5.8964], [498, 5.9224], [500, 5.9484], [502, 5.9744], [506, 6.0014], [515, 6.0264], [518, 6.0524], [527, 6.0784], [532, 6.1054], [535, 6.1304], [540, 6.1564], [542, 6.1824], [548, 6.2084], [550, 6.2344], [552, 6.2604], [555, 6.2864], [557, 6.3124], [559, 6.3384], [561, 6.3644], [563, 6.3904], [567, 6.4174], [574, 6.4434], [576, 6.4684], [584, 6.4944], [591, 6.5214], [600, 6.5464], [602, 6.5724], [611, 6.6004], [619, 6.6254], [622, 6.6514], [631, 6.6774], [639, 6.7024], [643, 6.7294], [656, 6.7554], [664, 6.7814], [670, 6.8074], [673, 6.8334], [677, 6.8594], [680, 6.8854], [682, 6.9104], [686, 6.9374], [695, 6.9634], [697, 6.9894], [703, 7.0144], [707, 7.0404], [715, 7.0674], [719, 7.0934], [722, 7.1194], [726, 7.1444], [736, 7.1704], [743, 7.1974], [747, 7.2234], [755, 7.2484], [761, 7.2744], [768, 7.3004], [770, 7.3274], [776, 7.3534], [785, 7.3784], [786, 7.4044], [795, 7.4304]]','','',0,'stop',7.4314,3.1664,167,270,105,0,'provider',0,'','2026-11-27 04:47:07.251752',1,2,2,0,3,0,0,'','');
INSERT INTO "generations_generation" VALUES(5,'5c1b9c0d04cb4e5bbd2bb1dd41b3e957',0,'demo','demo-swift','{}',NULL,'completed',1,'[]',0,1,'2026-11-27 04:47:14.744867',NULL,NULL,'2026-11-27 04:47:17.134354','*Demo answer: written in advance, no language model was asked.*

**Short answer** to “Say hello.”:

- Ask several models the same question.
- Compare what they say, and *how fast* they say it.
- Keep the one you like, and ask it something more.

```python
def best(answers: dict[str, int]) -> str:
    return max(answers, key=answers.__getitem__)
```
','','[[0, 0.1746], [5, 0.2086], [13, 0.2436], [21, 0.2796], [24, 0.3146], [33, 0.3496], [36, 0.3856], [45, 0.4206], [51, 0.4556], [55, 0.4906], [63, 0.5246], [72, 0.5606], [81, 0.5956], [84, 0.6306], [89, 0.6656], [98, 0.6996], [101, 0.7346], [105, 0.7706], [113, 0.8056], [120, 0.8406], [124, 0.8756], [129, 0.9116], [138, 0.9466], [139, 0.9806], [141, 1.0156], [149, 1.0516], [154, 1.0866], [159, 1.1216], [164, 1.1566], [168, 1.1926], [173, 1.2266], [179, 1.2616], [184, 1.2966], [188, 1.3326], [192, 1.3666], [194, 1.4016], [199, 1.4366], [203, 1.4726], [207, 1.5076], [211, 1.5416], [217, 1.5776], [221, 1.6126], [225, 1.6476], [228, 1.6826], [237, 1.7176], [238, 1.7526], [244, 1.7876], [254, 1.8226], [255, 1.8576], [259, 1.8926], [268, 1.9276], [273, 1.9626], [282, 1.9986], [283, 2.0346], [289, 2.0686], [292, 2.1036], [297, 2.1406], [308, 2.1746], [317, 2.2096], [321, 2.2436], [330, 2.2786], [338, 2.3136], [346, 2.3496], [350, 2.3856]]','','',0,'stop',2.3856,0.1746,5,64,0,0,'provider',0,'','2026-11-27 04:47:14.744896',1,3,3,0,3,0,0,'','');
INSERT INTO "generations_generation" VALUES(6,'a5d0d71117bc4c59a624fe60ff000a6d',0,'demo','demo-swift','{}',NULL,'completed',1,'[]',0,1,'2026-11-27 04:47:17.191159',NULL,NULL,'2026-11-27 04:47:19.820778','*Demo answer: written in advance, no language model was asked.*

**Short answer** to “And again.” (question 2 of this conversation):

- Ask several models the same question.
- Compare what they say, and *how fast* they say it.
- Keep the one you like, and ask it something more.

```python
def best(answers: dict[str, int]) -> str:
    return max(answers, key=answers.__getitem__)
```
','','[[0, 0.1697], [5, 0.2047], [13, 0.2397], [21, 0.2747], [24, 0.3107], [33, 0.3457], [36, 0.3807], [45, 0.4157], [51, 0.4507], [55, 0.4867], [63, 0.5217], [72, 0.5557], [81, 0.5907], [84, 0.6257], [89, 0.6617], [97, 0.6967], [106, 0.7317], [107, 0.7667], [109, 0.8027], [112, 0.8377], [117, 0.8717], [126, 0.9067], [132, 0.9427], [135, 0.9767], [139, 1.0117], [147, 1.0477], [154, 1.0817], [158, 1.1167], [163, 1.1517], [172, 1.1877], [173, 1.2227], [175, 1.2577], [183, 1.2927], [188, 1.3277], [193, 1.3627], [198, 1.3977], [202, 1.4327], [207, 1.4677], [213, 1.5027], [218, 1.5377], [222, 1.5737], [226, 1.6087], [228, 1.6437], [233, 1.6787], [237, 1.7147], [241, 1.7487], [245, 1.7837], [251, 1.8187], [255, 1.8537], [259, 1.8887], [262, 1.9237], [271, 1.9587], [272, 1.9957], [278, 2.0307], [288, 2.0657], [289, 2.0997], [293, 2.1347], [302, 2.1697], [307, 2.2047], [316, 2.2397], [317, 2.2747], [323, 2.3107], [326, 2.3457], [331, 2.3817], [342, 2.4157], [351, 2.4507], [355, 2.4857], [364, 2.5207], [372, 2.5567], [380, 2.5907], [384, 2.6257]]','','',0,'stop',2.6267,0.1697,71,71,0,0,'provider',0,'','2026-11-27 04:47:17.191202',1,4,4,0,3,0,0,'','');
CREATE TABLE "generations_run" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "topic" varchar(80) NOT NULL, "total" smallint unsigned NOT NULL CHECK ("total" >= 0), "open" smallint unsigned NOT NULL CHECK ("open" >= 0), "accepted_at" datetime NOT NULL, "ended_at" datetime NULL, "then" varchar(80) NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "generations_run" VALUES(1,'comparison.bedb948942ba48c082f38153ec10139b',2,0,'2026-11-27 04:46:59.907123','2026-11-27 04:47:07.188815','',1);
INSERT INTO "generations_run" VALUES(2,'comparison.bedb948942ba48c082f38153ec10139b',2,0,'2026-11-27 04:47:07.250864','2026-11-27 04:47:14.689360','',1);
INSERT INTO "generations_run" VALUES(3,'conversation.9e61420b1eaa465f9662e50fd11197ea',1,0,'2026-11-27 04:47:14.744454','2026-11-27 04:47:17.137071','conversations.make_title',1);
INSERT INTO "generations_run" VALUES(4,'conversation.9e61420b1eaa465f9662e50fd11197ea',1,0,'2026-11-27 04:47:17.190629','2026-11-27 04:47:19.822786','',1);
CREATE TABLE "images_image" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "public_id" char(32) NOT NULL UNIQUE, "media_type" varchar(20) NOT NULL, "width" integer unsigned NOT NULL CHECK ("width" >= 0), "height" integer unsigned NOT NULL CHECK ("height" >= 0), "size" integer unsigned NOT NULL CHECK ("size" >= 0), "sha256" varchar(64) NOT NULL, "file" varchar(100) NOT NULL, "created_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "mfa_authenticator" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "type" varchar(20) NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "created_at" datetime NOT NULL, "last_used_at" datetime NULL);
CREATE TABLE "providers_endpoint" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "slug" varchar(64) NOT NULL UNIQUE, "name" varchar(100) NOT NULL, "base_url" varchar(500) NOT NULL, "api_key" text NOT NULL, "hint" varchar(8) NOT NULL, "color" varchar(7) NOT NULL, "enabled" bool NOT NULL, "created_at" datetime NOT NULL);
CREATE TABLE "providers_languagemodel" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "provider" varchar(64) NOT NULL, "model" varchar(200) NOT NULL, "label" varchar(200) NOT NULL, "context_window" integer unsigned NULL CHECK ("context_window" >= 0), "refreshed_at" datetime NOT NULL, "owner_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "providers_providerkey" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "provider" varchar(64) NOT NULL, "api_key" text NOT NULL, "hint" varchar(8) NOT NULL, "base_url" varchar(500) NOT NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "first_used_at" datetime NULL, CONSTRAINT "providers_key_one_per_provider" UNIQUE ("user_id", "provider"));
INSERT INTO "providers_providerkey" VALUES(1,'openai','gAAAAABrCQtDR__RMW0_NgUz2rdIDbXrB7cEH9e9RSUh8dsdtLMSeFzlJJU6NYJB3vDISjLTmcbg5njPaDQ-oE-iT8tYHpEvQfljLg-0i28Jx6GeK1bszgU=','…6789','','2026-11-27 04:46:59.748103','2026-11-27 04:46:59.748131',1,NULL);
CREATE TABLE "token_blacklist_blacklistedtoken" ("blacklisted_at" datetime NOT NULL, "token_id" bigint NOT NULL UNIQUE REFERENCES "token_blacklist_outstandingtoken" ("id") DEFERRABLE INITIALLY DEFERRED, "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT);
CREATE TABLE "token_blacklist_outstandingtoken" ("token" text NOT NULL, "created_at" datetime NULL, "expires_at" datetime NOT NULL, "user_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "jti" varchar(255) NOT NULL UNIQUE, "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE UNIQUE INDEX "accounts_user_username_any_case" ON "accounts_user" ((LOWER("username")));
CREATE UNIQUE INDEX "accounts_user_email_any_case" ON "accounts_user" ((LOWER("email")));
CREATE UNIQUE INDEX "accounts_user_groups_user_id_group_id_59c0b32f_uniq" ON "accounts_user_groups" ("user_id", "group_id");
CREATE INDEX "accounts_user_groups_user_id_52b62117" ON "accounts_user_groups" ("user_id");
CREATE INDEX "accounts_user_groups_group_id_bd11a704" ON "accounts_user_groups" ("group_id");
CREATE UNIQUE INDEX "accounts_user_user_permissions_user_id_permission_id_2ab516c2_uniq" ON "accounts_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "accounts_user_user_permissions_user_id_e4f0a161" ON "accounts_user_user_permissions" ("user_id");
CREATE INDEX "accounts_user_user_permissions_permission_id_113bb443" ON "accounts_user_user_permissions" ("permission_id");
CREATE INDEX "accounts_invitation_created_by_id_e6097355" ON "accounts_invitation" ("created_by_id");
CREATE INDEX "accounts_invitation_used_by_id_f0558292" ON "accounts_invitation" ("used_by_id");
CREATE INDEX "accounts_firstaccount_user_id_1f8975e3" ON "accounts_firstaccount" ("user_id");
CREATE INDEX "account_emailconfirmation_email_address_id_5b7f8c58" ON "account_emailconfirmation" ("email_address_id");
CREATE UNIQUE INDEX "account_emailaddress_user_id_email_987c8728_uniq" ON "account_emailaddress" ("user_id", "email");
CREATE UNIQUE INDEX "unique_verified_email" ON "account_emailaddress" ("email") WHERE "verified";
CREATE INDEX "account_emailaddress_user_id_2c513194" ON "account_emailaddress" ("user_id");
CREATE INDEX "account_emailaddress_email_03be32b2" ON "account_emailaddress" ("email");
CREATE UNIQUE INDEX "unique_primary_email" ON "account_emailaddress" ("user_id", "primary") WHERE "primary";
CREATE INDEX "accounts_apitoken_user_id_bbee13e0" ON "accounts_apitoken" ("user_id");
CREATE INDEX "accounts_auditentry_at_ca3d189b" ON "accounts_auditentry" ("at");
CREATE INDEX "accounts_auditentry_user_id_7b0077aa" ON "accounts_auditentry" ("user_id");
CREATE INDEX "accounts_au_user_id_f21bf7_idx" ON "accounts_auditentry" ("user_id", "at" DESC);
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");
CREATE INDEX "generations_run_topic_36f07690" ON "generations_run" ("topic");
CREATE INDEX "generations_run_user_id_2c262e98" ON "generations_run" ("user_id");
CREATE INDEX "images_image_created_at_31bfdedf" ON "images_image" ("created_at");
CREATE INDEX "images_image_user_id_55499d60" ON "images_image" ("user_id");
CREATE INDEX "conversations_message_conversation_id_f1a2d5e9" ON "conversations_message" ("conversation_id");
CREATE INDEX "conversations_message_parent_id_ad2a058b" ON "conversations_message" ("parent_id");
CREATE INDEX "conversations_messageimage_image_id_221693d8" ON "conversations_messageimage" ("image_id");
CREATE INDEX "conversations_messageimage_message_id_70283da9" ON "conversations_messageimage" ("message_id");
CREATE INDEX "conversations_preset_user_id_bc524a88" ON "conversations_preset" ("user_id");
CREATE INDEX "conversations_prompttemplate_user_id_357dacfd" ON "conversations_prompttemplate" ("user_id");
CREATE INDEX "comparisons_user_id_649303_idx" ON "comparisons_comparison" ("user_id", "created_at" DESC);
CREATE INDEX "comparisons_comparison_user_id_d5b573a2" ON "comparisons_comparison" ("user_id");
CREATE INDEX "comparisons_candidate_comparison_id_f8d30f60" ON "comparisons_candidate" ("comparison_id");
CREATE INDEX "comparisons_turn_comparison_id_ca67e9b2" ON "comparisons_turn" ("comparison_id");
CREATE INDEX "comparisons_vote_turn_id_aba6118f" ON "comparisons_vote" ("turn_id");
CREATE INDEX "comparisons_vote_user_id_09c0c237" ON "comparisons_vote" ("user_id");
CREATE INDEX "conversations_conversation_user_id_c3e4e6ca" ON "conversations_conversation" ("user_id");
CREATE INDEX "conversations_conversation_leaf_id_fbfc5f3d" ON "conversations_conversation" ("leaf_id");
CREATE INDEX "conversatio_user_id_6597f9_idx" ON "conversations_conversation" ("user_id", "kind", "updated_at" DESC);
CREATE INDEX "generations_dailyuse_user_id_f8572489" ON "generations_dailyuse" ("user_id");
CREATE INDEX "generations_generation_user_id_956c0fb0" ON "generations_generation" ("user_id");
CREATE INDEX "generations_generation_current_run_id_d1094221" ON "generations_generation" ("current_run_id");
CREATE INDEX "generations_generation_run_id_3e742c47" ON "generations_generation" ("run_id");
CREATE INDEX "generations_status_c8e4ad_idx" ON "generations_generation" ("status", "lease_until");
CREATE INDEX "generations_user_id_800a84_idx" ON "generations_generation" ("user_id", "created_at" DESC);
CREATE INDEX "generations_open_of_user" ON "generations_generation" ("user_id") WHERE "status" IN ('queued', 'streaming');
CREATE INDEX "mfa_authenticator_user_id_0c3a50c0" ON "mfa_authenticator" ("user_id");
CREATE UNIQUE INDEX "unique_authenticator_type" ON "mfa_authenticator" ("user_id", "type") WHERE "type" IN ('totp', 'recovery_codes');
CREATE UNIQUE INDEX "providers_model_of_owner" ON "providers_languagemodel" ("owner_id", "provider", "model") WHERE "owner_id" IS NOT NULL;
CREATE UNIQUE INDEX "providers_model_of_server" ON "providers_languagemodel" ("provider", "model") WHERE "owner_id" IS NULL;
CREATE INDEX "providers_languagemodel_owner_id_5de3b1e4" ON "providers_languagemodel" ("owner_id");
CREATE INDEX "providers_providerkey_user_id_af9b15e1" ON "providers_providerkey" ("user_id");
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE INDEX "token_blacklist_outstandingtoken_user_id_83bc629a" ON "token_blacklist_outstandingtoken" ("user_id");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('django_migrations',54);
INSERT INTO "sqlite_sequence" VALUES('django_content_type',32);
INSERT INTO "sqlite_sequence" VALUES('auth_permission',128);
INSERT INTO "sqlite_sequence" VALUES('auth_group',1);
INSERT INTO "sqlite_sequence" VALUES('account_emailaddress',2);
INSERT INTO "sqlite_sequence" VALUES('accounts_apitoken',1);
INSERT INTO "sqlite_sequence" VALUES('django_admin_log',0);
INSERT INTO "sqlite_sequence" VALUES('conversations_messageimage',0);
INSERT INTO "sqlite_sequence" VALUES('conversations_preset',1);
INSERT INTO "sqlite_sequence" VALUES('conversations_prompttemplate',1);
INSERT INTO "sqlite_sequence" VALUES('comparisons_candidate',2);
INSERT INTO "sqlite_sequence" VALUES('comparisons_turn',2);
INSERT INTO "sqlite_sequence" VALUES('comparisons_vote',1);
INSERT INTO "sqlite_sequence" VALUES('conversations_conversation',3);
INSERT INTO "sqlite_sequence" VALUES('generations_dailyuse',1);
INSERT INTO "sqlite_sequence" VALUES('generations_generation',6);
INSERT INTO "sqlite_sequence" VALUES('mfa_authenticator',0);
INSERT INTO "sqlite_sequence" VALUES('token_blacklist_blacklistedtoken',0);
INSERT INTO "sqlite_sequence" VALUES('token_blacklist_outstandingtoken',0);
INSERT INTO "sqlite_sequence" VALUES('accounts_user',2);
INSERT INTO "sqlite_sequence" VALUES('accounts_auditentry',4);
INSERT INTO "sqlite_sequence" VALUES('providers_providerkey',1);
INSERT INTO "sqlite_sequence" VALUES('comparisons_comparison',1);
INSERT INTO "sqlite_sequence" VALUES('conversations_message',12);
INSERT INTO "sqlite_sequence" VALUES('generations_run',4);
INSERT INTO "sqlite_sequence" VALUES('accounts_limits',1);
INSERT INTO "sqlite_sequence" VALUES('auth_group_permissions',2);
INSERT INTO "sqlite_sequence" VALUES('accounts_user_groups',1);
COMMIT;
