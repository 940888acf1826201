#!/bin/sh
# As that of the official image does: a new database in an empty folder, then the server.
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256 -D "$PGDATA"
	echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
	echo "unix_socket_directories = '/var/run/postgresql'" >> "$PGDATA/postgresql.conf"
	echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
	pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start
	psql -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE \"$POSTGRES_DB\""
	pg_ctl -D "$PGDATA" -w -m fast stop
fi
exec "$@"
