CREATE TABLE account (owner text PRIMARY KEY, balance int NOT NULL);
INSERT INTO account VALUES ('ada', 100), ('bob', 0);
