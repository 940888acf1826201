# Stands in for `docker run --read-only --cap-drop ALL --security-opt no-new-privileges` as user 1000, in mounts of its own.
# Arguments: the folder of n8n, the image, the folder of Node as seen inside, variables. Standard input: the settings.
set -e
n8n=$1 image=$2 node=$3
shift 3
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/n8n /mnt/image /mnt/home/.n8n /mnt/home/.cache
for folder in n8n image; do
	mount --bind "${!folder}" /mnt/$folder
	mount -o remount,bind,ro /mnt/$folder
done
for folder in .n8n .cache; do mount -t tmpfs -o mode=1777 tmpfs /mnt/home/$folder; done
mount -o remount,ro /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,bind,ro /
(umask 077 && cat > /tmp/settings)
chown 1000 /tmp/settings
cd /
exec setpriv --reuid=1000 --regid=1000 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
	env -i "PATH=$node:/mnt/n8n/node_modules/.bin:/usr/bin:/bin" HOME=/mnt/home NODE_ENV=production ENV_FILE=/tmp/settings "$@" node /mnt/image/entrypoint.js
