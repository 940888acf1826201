#!/bin/bash
# A Docker engine with a socket, a folder and a bridge of its own, which leaves alone whatever else runs on this machine. When standard input closes,
# it ends with everything that it has made: so it cannot outlive whoever has started it, however that ends.
# Arguments: its folder, its bridge, the first two numbers of the addresses that it may use. Its programs are in PATH.
set -uo pipefail
folder=$1 bridge=$2 addresses=$3

end() {
	trap '' INT TERM HUP
	local containers
	containers=$(docker ps --all --quiet 2> /dev/null)
	[ -z "$containers" ] || docker rm --force --volumes $containers > /dev/null
	docker network prune --force > /dev/null 2>&1
	kill "$engine" 2> /dev/null
	wait "$engine"
	ip link delete "$bridge"
	# What an engine that was killed has left.
	awk -v below="$folder/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do umount -l "$mounted"; done
	rm -rf "$folder"
}

export DOCKER_HOST=unix://$folder/docker.sock DOCKER_CONFIG=$folder/client
mkdir -p "$folder"
ip link add "$bridge" type bridge
ip address add "$addresses.0.1/24" dev "$bridge"
ip link set "$bridge" up
# It changes no rule of this machine's firewall: containers reach each other and this machine, and nothing else.
setsid dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/engine.pid" \
	--config-file /dev/null --bridge "$bridge" --default-address-pool "base=$addresses.128.0/17,size=24" \
	--iptables=false --ip6tables=false --ip-forward=false --ip-masq=false > "$folder/log" 2>&1 &
engine=$!
trap end EXIT
trap exit INT TERM HUP
while ! docker version > /dev/null 2>&1; do
	if ! kill -0 "$engine" 2> /dev/null; then
		tail -n 5 "$folder/log" >&2
		exit 1
	fi
	sleep 0.2
done
echo ready
cat > /dev/null
