# Small images in place of those that Dockerfile and Compose files name, from what standIns.sh has gathered.
FROM scratch AS node
COPY node /
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]

# Without n8n itself, which is 2.5 GB: it is mounted.
FROM scratch AS n8n
COPY n8n /
COPY --chown=1000:1000 home /home/node
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production
USER node
WORKDIR /home/node
ENTRYPOINT ["tini", "--", "n8n"]

FROM scratch AS postgres
COPY postgres /
COPY --chown=70:70 empty /var/lib/postgresql/data
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]

FROM scratch AS redis
COPY redis /
COPY --chown=999:1000 empty /data
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
VOLUME /data
WORKDIR /data
CMD ["redis-server"]

FROM scratch AS caddy
COPY caddy /
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
