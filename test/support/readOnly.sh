# Stands in for `docker run --read-only --cap-drop ALL --security-opt no-new-privileges` as user 1000, in mounts of its own.
# Arguments: the folder of n8n, the image, the folder of Node as seen inside, the mount options of the compose file for /home/node/.cache, variables.
# Standard input: the settings.
set -e
n8n=$1 image=$2 node=$3 cache=$4
shift 4
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/n8n /mnt/image /mnt/home/.n8n /mnt/home/.cache
for folder in n8n image; do
	mount --bind "${!folder}" /mnt/$folder
	mount -o remount,bind,ro /mnt/$folder
done
# A volume is whose the folder of the image was; memory is root's, unless the compose file says otherwise.
mount -t tmpfs -o uid=1000,gid=1000,mode=0755 tmpfs /mnt/home/.n8n
mount -t tmpfs -o "mode=0755${cache:+,$cache}" tmpfs /mnt/home/.cache
mount -o remount,ro /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,bind,ro /
(umask 077 && cat > /tmp/settings)
chown 1000 /tmp/settings
cd /
exec setpriv --reuid=1000 --regid=1000 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
	env -i "PATH=$node:/mnt/n8n/node_modules/.bin:/usr/bin:/bin" HOME=/mnt/home NODE_ENV=production ENV_FILE=/tmp/settings "$@" node /mnt/image/entrypoint.js
