#!/bin/bash
# Gathers what the stand-ins for base images are made of from the programs of this machine, and builds them.
# Arguments: an empty folder, the Node that runs n8n, the folder of npm, n8n's SQLite driver, the folder with Caddy, then stage=tag for each image.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 node=$2 npm=$3 sqlite=$4 caddy=$5
shift 5

# What a program needs of this machine beside itself.
libraries() {
	local root=$1 library
	ldd "$2" 2> /dev/null | grep -oE '/[^ ]+' | sort -u | while read -r library; do
		[ -e "$root$library" ] || install -D "$library" "$root$library"
	done || true
}

# A root with a shell, users, names and certificates, and with these programs where they are here.
root() {
	local root=$folder/$1 program
	shift
	mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,usr/local/bin,etc/ssl/certs,tmp,run,var,proc,sys,dev}
	chmod 1777 "$root/tmp"
	ln -s /run "$root/var/run"
	cp "$(command -v busybox)" "$root/bin/busybox"
	busybox --list-full | while read -r program; do ln -s /bin/busybox "$root/$program" 2> /dev/null || true; done
	printf '%s\n' root:x:0:0::/root:/bin/sh node:x:1000:1000::/home/node:/bin/sh postgres:x:70:70::/var/lib/postgresql:/bin/sh redis:x:999:1000::/data:/bin/false > "$root/etc/passwd"
	printf '%s\n' root:x:0: node:x:1000: postgres:x:70: > "$root/etc/group"
	echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
	cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	# The parts of glibc that what npm installs may want.
	for program in /lib/*-linux-gnu/lib{resolv,nss_dns,nss_files,rt,dl,pthread,util}.so.[0-9]; do install -D "$program" "$root$program"; done
	for program in "$@"; do
		[ -e "$root$program" ] || install -D "$program" "$root$program"
		libraries "$root" "$program"
	done
}

mkdir -p "$folder/empty" "$folder/home/.n8n"

root node
install -D "$node" "$folder/node/usr/local/bin/node"
libraries "$folder/node" "$node"
mkdir -p "$folder/node/usr/local/lib/node_modules"
cp -r "$npm" "$folder/node/usr/local/lib/node_modules/npm"
for program in npm npx; do ln -s "../lib/node_modules/npm/bin/$program-cli.js" "$folder/node/usr/local/bin/$program"; done

root n8n
install -D "$node" "$folder/n8n/usr/local/bin/node"
libraries "$folder/n8n" "$node"
libraries "$folder/n8n" "$sqlite"
cp "$(command -v tini-static)" "$folder/n8n/sbin/tini"
mkdir -p "$folder/n8n/usr/local/lib/node_modules"
ln -s ../lib/node_modules/n8n/bin/n8n "$folder/n8n/usr/local/bin/n8n"

server=$(ls -d /usr/lib/postgresql/*/ | sort -V | tail -1)
version=$(basename "$server")
root postgres "$server"bin/{postgres,initdb,pg_isready,psql,pg_ctl,pg_dump} "$server"lib/{plpgsql,dict_snowball,libpqwalreceiver}.so
cp -r "$server"lib "$folder/postgres$server"
mkdir -p "$folder/postgres/usr/share/postgresql" "$folder/postgres/usr/lib/locale" "$folder/postgres/run/postgresql"
cp -r "/usr/share/postgresql/$version" "$folder/postgres/usr/share/postgresql/"
cp -rL /usr/share/zoneinfo "$folder/postgres/usr/share/"
cp -r /usr/lib/locale/C.utf8 "$folder/postgres/usr/lib/locale/"
chmod 3777 "$folder/postgres/run/postgresql"
ln -s "$server"bin/* "$folder/postgres/usr/local/bin/"
install "$here/postgres.sh" "$folder/postgres/usr/local/bin/docker-entrypoint.sh"

root redis /usr/bin/redis-server /usr/bin/redis-cli
root caddy
install -D "$caddy/usr/bin/caddy" "$folder/caddy/usr/bin/caddy"
libraries "$folder/caddy" "$caddy/usr/bin/caddy"

for image in "$@"; do
	docker build --quiet --file "$here/standIns.Dockerfile" --target "${image%%=*}" --tag "${image#*=}" "$folder"
done
