CREATE SEQUENCE account_id INCREMENT BY 50;

CREATE TABLE account (
    id bigint PRIMARY KEY,
    owner text NOT NULL,
    balance bigint NOT NULL
);
