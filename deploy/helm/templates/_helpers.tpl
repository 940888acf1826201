{{/* First part of every name. A Service has no dot in its name and no digit in front, a release may have both. */}}
{{- define "name" -}}
{{- $name := .Release.Name | replace "." "-" -}}
{{ ternary $name (printf "n8n-%s" $name) (regexMatch "^[a-z]" $name) | trunc 50 | trimAll "-" }}
{{- end }}

{{/* What the addresses of webhooks begin with. */}}
{{- define "webhooks" -}}
{{ .Values.env.N8N_ENDPOINT_WEBHOOK | default "webhooks" }}
{{- end }}

{{/* What selects the pods of a role. Takes {root, role}. */}}
{{- define "selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{/* Labels of everything. Takes {root, role}. */}}
{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The processes that n8n consists of, separated by blanks. */}}
{{- define "roles" -}}
main{{ if .Values.queue.enabled }} webhook worker{{ end }}
{{- end }}

{{/* The process that answers webhooks. */}}
{{- define "listener" -}}
{{ ternary "webhook" "main" .Values.queue.enabled }}
{{- end }}

{{/* Names of the secrets that are there, separated by blanks. */}}
{{- define "secretKeys" -}}
{{- if .Values.existingSecret.name -}}
{{ join " " .Values.existingSecret.keys }}{{ if .Values.postgres.host }} DB_POSTGRESDB_PASSWORD{{ end }}
{{- else -}}
{{- range $key, $value := .Values.secrets }}{{ if $value }}{{ $key }} {{ end }}{{ end -}}
{{- end -}}
{{- end }}

{{/* The environment of a role. Takes {root, role}. */}}
{{- define "env" -}}
{{- $values := .root.Values }}
{{- $env := dict "WEBHOOK_URL" (printf "https://%s/" (required "host is missing: the host name at which Lago and Dodo Payments reach n8n." $values.host)) }}
{{- if $values.ingress.enabled }}
{{- $_ := set $env "N8N_PROXY_HOPS" 1 }}
{{- end }}
{{- with $values.postgres }}
{{- if .host }}
{{- $_ := merge $env (dict "DB_TYPE" "postgresdb" "DB_POSTGRESDB_HOST" .host "DB_POSTGRESDB_PORT" .port "DB_POSTGRESDB_DATABASE" .database "DB_POSTGRESDB_USER" .user) }}
{{- end }}
{{- end }}
{{- if $values.queue.enabled }}
{{- $_ := required "queue.enabled needs postgres.host: the processes share a database." $values.postgres.host }}
{{- $redis := required "queue.enabled needs queue.redis.host: the queue is kept there." $values.queue.redis.host }}
{{- $_ := merge $env (dict "EXECUTIONS_MODE" "queue" "OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS" true "QUEUE_BULL_REDIS_HOST" $redis "QUEUE_BULL_REDIS_PORT" $values.queue.redis.port) }}
{{- if eq .role "main" }}
{{- $_ := set $env "N8N_DISABLE_PRODUCTION_MAIN_PROCESS" true }}
{{- else if eq .role "worker" }}
{{- /* A worker listens for the probes only. */}}
{{- $_ := merge $env (dict "QUEUE_HEALTH_CHECK_ACTIVE" true "QUEUE_HEALTH_CHECK_PORT" 5678) }}
{{- end }}
{{- end }}
{{- range $key := include "secretKeys" .root | splitList " " | compact }}
{{- $_ := set $env (printf "%s_FILE" $key) (printf "/run/secrets/n8n/%s" $key) }}
{{- end }}
{{- range $name, $value := mergeOverwrite $env (deepCopy $values.env) }}
- name: {{ $name }}
  {{- /* Helm takes every number of a file for a fraction, and would write a million as 1e+06. */}}
  value: {{ ternary (int64 $value) $value (kindIs "float64" $value) | toString | quote }}
{{- end }}
{{- end }}

{{/* Not empty where the user folder outlives the pod. In queue mode nothing in it matters, and many pods would share it. */}}
{{- define "persistent" -}}
{{- if and .Values.persistence.enabled (not .Values.queue.enabled) }}true{{ end }}
{{- end }}
