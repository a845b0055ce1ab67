{{/*
The pod of one process. Takes a list: the root, the part of the values, the process, its port, and whether it is given what
has to do with calls, mail and money.
*/}}
{{- define "waybill.pod" -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
{{- $process := index . 2 -}}
{{- $port := index . 3 -}}
{{- $business := index . 4 -}}
{{- $bodies := $root.Values.bodies.existingClaim -}}
{{- $exports := and $business $root.Values.exports.existingClaim -}}
metadata:
  labels:
    {{- include "waybill.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $process }}
  annotations:
    # A changed setting starts new pods; so does a changed Secret of this chart, not one of yours.
    checksum/settings: {{ toJson (list $root.Values.settings $root.Values.publicUrl $root.Values.gatewayPublicUrl $root.Values.secrets.values) | sha256sum }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "waybill.account" $root }}
  automountServiceAccountToken: false
  # Longer than a process takes to end what is under way (25 s), which every one does at SIGTERM, and the five seconds before it.
  terminationGracePeriodSeconds: 40
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    seccompProfile: { type: RuntimeDefault }
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "waybill.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $process }}
  {{- with $part.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $part.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $part.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ $process }}
      image: {{ include "waybill.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [node, --disable-proto=delete, --enable-source-maps, --max-semi-space-size=64, apps/{{ $process }}/dist/main.js]
      ports:
        - { name: http, containerPort: {{ $port }} }
      envFrom:
        - configMapRef: { name: {{ include "waybill.name" $root }} }
        {{- if $business }}
        - configMapRef: { name: {{ include "waybill.name" $root }}-business }
        {{- end }}
      env:
        {{- range splitList " " (include "waybill.requiredSecrets" $root) }}
        - { name: {{ . }}, valueFrom: { secretKeyRef: { name: {{ include "waybill.secret" $root }}, key: {{ . }} } } }
        {{- end }}
        {{- range splitList " " (include "waybill.commonSecrets" $root) }}
        {{- if not (and $bodies (eq . "BODY_STORE_URL")) }}
        - { name: {{ . }}, valueFrom: { secretKeyRef: { name: {{ include "waybill.secret" $root }}, key: {{ . }}, optional: true } } }
        {{- end }}
        {{- end }}
        {{- if $business }}
        {{- range splitList " " (include "waybill.businessSecrets" $root) }}
        - { name: {{ . }}, valueFrom: { secretKeyRef: { name: {{ include "waybill.secret" $root }}, key: {{ . }}, optional: true } } }
        {{- end }}
        {{- end }}
        {{- if $bodies }}
        - { name: BODY_STORE_URL, value: 'file:///var/lib/waybill/bodies' }
        {{- end }}
      startupProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
        timeoutSeconds: 4
      # Only that it lives: a store that is away must not restart every pod.
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      lifecycle:
        preStop:
          # Until every proxy has heard that this pod is going.
          exec: { command: [node, -e, 'setTimeout(() => {}, 5000)'] }
      resources:
        {{- toYaml $part.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: scratch, mountPath: /tmp }
        {{- if $bodies }}
        - { name: bodies, mountPath: /var/lib/waybill/bodies }
        {{- end }}
        {{- if $exports }}
        - { name: exports, mountPath: /var/lib/waybill/exports }
        {{- end }}
  volumes:
    - { name: scratch, emptyDir: {} }
    {{- if $bodies }}
    - { name: bodies, persistentVolumeClaim: { claimName: {{ $bodies }} } }
    {{- end }}
    {{- if $exports }}
    - { name: exports, persistentVolumeClaim: { claimName: {{ $root.Values.exports.existingClaim }} } }
    {{- end }}
{{- end -}}
