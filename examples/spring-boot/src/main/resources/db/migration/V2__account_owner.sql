CREATE INDEX account_owner ON account (owner);
