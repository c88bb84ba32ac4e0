#!/bin/sh
# Makes the plain role that oncourse lives in: it owns its database and passes no fence between tenants.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set password="$(cat "${SECRETS:-/run/secrets}/oncourse_password")" <<'SQL'
CREATE ROLE oncourse LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE oncourse OWNER oncourse;
SQL
