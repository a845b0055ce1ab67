{{/* Names are cut to 52 characters, so that a suffix of a part fits into the 63 of a label. */}}
{{- define "waybill.name" -}}
{{- if contains "waybill" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-waybill" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "waybill.image" -}}
{{ required "image.repository: where the image built by infra/docker/Dockerfile was pushed to" .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "waybill.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
{{ include "waybill.selector" . }}
{{- end -}}

{{- define "waybill.selector" -}}
app.kubernetes.io/name: waybill
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "waybill.account" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "waybill.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{- define "waybill.secret" -}}
{{ .Values.secrets.existingSecret | default (include "waybill.name" .) }}
{{- end -}}

{{- define "waybill.migrateSecret" -}}
{{ .Values.secrets.existingMigrateSecret | default (printf "%s-migrate" (include "waybill.name" .)) }}
{{- end -}}

{{/* Settings that only control plane and worker read: calls to destinations, mail, money. scripts/house/chart.spec.ts */}}
{{- define "waybill.businessSettings" -}}
EGRESS_ALLOW EGRESS_ALLOW_IN_PRODUCTION EGRESS_PORTS MAIL_FROM MAIL_ALLOW MAIL_DENY PORTAL_FRAME_ANCESTORS EXPORT_FOLDER USAGE_DRAIN_SECONDS PERIOD_CLOSE_SECONDS RECLAIM_SECONDS MESSAGE_LOG_RETENTION_DAYS PUSH_ATTEMPT_LIMIT_BYTES PUSH_ATTEMPT_RETENTION_DAYS BILLING_DEFAULT_PLAN BILLING_REVIEW_ABOVE_CENTS FINANCE_TWO_PERSON_CENTS FINANCE_OPERATORS STRIPE_API_BASE STRIPE_AUTOMATIC_TAX
{{- end -}}

{{/* Secrets of every process; those that only control plane and worker read. */}}
{{- define "waybill.requiredSecrets" -}}
DATABASE_URL REDIS_URL DATA_TOKEN_SECRET SECRETS_KEYS
{{- end -}}
{{- define "waybill.commonSecrets" -}}
JOBS_REDIS_URL BODY_STORE_URL
{{- end -}}
{{- define "waybill.businessSecrets" -}}
SMTP_URL STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET
{{- end -}}
