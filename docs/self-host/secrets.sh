#!/bin/sh
# Makes the passwords of the database, once: in ./secrets, a folder that only you may enter.
set -eu
cd "$(dirname "$0")"
[ ! -e secrets ] || { echo "./secrets is there already; it was left as it is" >&2; exit 1; }
umask 077
mkdir secrets
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
random >secrets/postgres_password
random >secrets/oncourse_password
printf 'postgresql://oncourse:%s@db/oncourse' "$(cat secrets/oncourse_password)" >secrets/oncourse_database
chmod 0444 secrets/*  # the containers' users read them; the folder keeps everybody else out
echo "made ./secrets: keep a copy where your backups are not"
