import type { EgressReason } from '../egress/refusal.js';

export interface EgressCase {
  readonly url: string;
  readonly reason: EgressReason;
}

const priv = 'egress_private_address' as const;
const meta = 'egress_metadata_address' as const;
const of = (reason: EgressReason, urls: readonly string[]): EgressCase[] => urls.map((url) => ({ url, reason }));

/** URLs that must not be called. `:P` is the port of the canaries, so that a call that got through would be seen. */
export const urlCorpus: readonly EgressCase[] = [
  // Every way to write an IPv4 address of the own machine and of private networks.
  ...of(priv, [
    'http://127.0.0.1:P/', 'http://127.0.0.2:P/', 'http://127.255.255.254:P/', 'http://127.1:P/', 'http://127.0.1:P/', 'http://2130706433:P/', 'http://0x7f000001:P/', 'http://0x7f.0.0.1:P/',
    'http://0x7f.1:P/', 'http://0177.0.0.1:P/', 'http://0177.1:P/', 'http://017700000001:P/', 'http://00000000177.0.0.1:P/', 'http://127.0.0.01:P/', 'http://127.0.0.0x1:P/', 'http://0x7F000001:P/',
    'http://127.0.0.1.:P/', 'http://%31%32%37.0.0.1:P/', 'http://127%2e0%2e0%2e1:P/', 'http://１２７.０.０.１:P/', 'http://127。0。0。1:P/', 'http://127．0．0．1:P/', 'http://127｡0｡0｡1:P/', 'http://①②⑦.⓪.⓪.①:P/',
    'http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:P/', 'http://1２7.0.0.1:P/', 'http://127.0.0.1\u00ad:P/', 'http:\\\\127.0.0.1:P\\', 'http:/127.0.0.1:P/', 'http:127.0.0.1:P/', 'http:////127.0.0.1:P/', 'http://127.0.0.1:P\\@example.com/', ' http://127.0.0.1:P/ ',
    'ht\ttp://127.0\n.0.1:P/', 'HTTP://127.0.0.1:P/', 'https://127.0.0.1:P/', 'http://127.0.0.1:P/?x=http://example.com', 'http://127.0.0.1:P#@example.com/', 'http://127.0.0.1:000P/',
    'http://0:P/', 'http://0.0.0.0:P/', 'http://00:P/', 'http://0x0:P/', 'http://0.1.2.3:P/', 'http://10.0.0.1:P/', 'http://167772161:P/', 'http://012.0.0.1:P/', 'http://10.255.255.255:P/', 'http://172.16.0.1:P/', 'http://172.31.255.255:P/',
    'http://0xac100001:P/', 'http://192.168.0.1:P/', 'http://192.168.65535:P/', 'http://3232235521:P/', 'http://100.64.0.1:P/', 'http://100.127.255.255:P/', 'http://169.254.1.1:P/', 'http://192.0.0.8:P/', 'http://192.0.2.1:P/',
    'http://198.51.100.7:P/', 'http://203.0.113.200:P/', 'http://198.18.0.1:P/', 'http://198.19.255.255:P/', 'http://192.88.99.1:P/', 'http://224.0.0.1:P/', 'http://239.255.255.250:P/', 'http://240.0.0.1:P/', 'http://255.255.255.255:P/',
    'http://4294967295:P/', 'http://192.31.196.1:P/', 'http://192.52.193.1:P/', 'http://192.175.48.1:P/',
  ]),
  // IPv6 and the IPv4 addresses inside it.
  ...of(priv, [
    'http://[::1]:P/', 'http://[0:0:0:0:0:0:0:1]:P/', 'http://[0000:0000:0000:0000:0000:0000:0000:0001]:P/', 'http://[::]:P/', 'http://[0::0]:P/', 'http://[::127.0.0.1]:P/', 'http://[::7f00:1]:P/', 'http://[::ffff:127.0.0.1]:P/',
    'http://[::ffff:7f00:1]:P/', 'http://[0:0:0:0:0:ffff:127.0.0.1]:P/', 'http://[::FFFF:10.0.0.1]:P/', 'http://[::ffff:0:127.0.0.1]:P/', 'http://[::ffff:0:7f00:1]:P/', 'http://[::ffff:c0a8:101]:P/', 'http://[::10.0.0.1]:P/', 'http://[::8.8.8.8]:P/',
    'http://[64:ff9b::127.0.0.1]:P/', 'http://[64:ff9b::7f00:1]:P/', 'http://[64:ff9b::a9fe:a9fe]:P/', 'http://[64:ff9b::8.8.8.8]:P/', 'http://[64:ff9b:1::127.0.0.1]:P/', 'http://[64:ff9b:1:ffff::1]:P/', 'http://[2002:7f00:1::]:P/', 'http://[2002:a9fe:a9fe::1]:P/',
    'http://[2002:0808:0808::1]:P/', 'http://[2001::1]:P/', 'http://[2001:0:7f00:1::]:P/', 'http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:P/', 'http://[fe80::1]:P/', 'http://[febf::1]:P/', 'http://[fec0::1]:P/', 'http://[fc00::1]:P/', 'http://[fd12:3456:789a::1]:P/',
    'http://[ff02::1]:P/', 'http://[ff0e::1]:P/', 'http://[2001:db8::1]:P/', 'http://[3fff::1]:P/', 'http://[2001:2::1]:P/', 'http://[2001:10::1]:P/', 'http://[2001:20::1]:P/', 'http://[100::1]:P/', 'http://[100:0:0:1::1]:P/', 'http://[5f00::1]:P/', 'http://[5f00:ffff::1]:P/',
    'http://[4000::1]:P/', 'http://[1::1]:P/', 'http://[200::1]:P/', 'http://[8000::1]:P/', 'http://[e000::1]:P/', 'http://[2620:4f:8000::1]:P/', 'http://[0:0:0:0:0:ffff:7f00:0001]:P/', 'https://[::1]:P/',
  ]),
  // Where clouds hand out credentials.
  ...of(meta, [
    'http://169.254.169.254/latest/meta-data/', 'http://169.254.169.254:80/', 'http://2852039166/', 'http://0xa9fea9fe/', 'http://0251.0376.0251.0376/', 'http://169.254.43518/', 'http://[::ffff:169.254.169.254]/', 'http://[::ffff:a9fe:a9fe]/',
    'http://169.254.170.2/v2/credentials', 'http://169.254.170.23/v1/credentials', 'http://100.100.100.200/latest/', 'http://192.0.0.192/', 'http://168.63.129.16/', 'http://[fd00:ec2::254]/', 'http://[fd00:ec2:0:0::254]/', 'http://[fd00:ec2::23]/', 'http://[fd20:ce::254]/',
    'http://[fd00:c1::a9fe:a9fe]/', 'http://１６９.２５４.１６９.２５４/',
  ].map((url) => url)),
  // Names that are inside wherever they are asked.
  ...of('egress_host', [
    'http://localhost:P/', 'http://LOCALHOST:P/', 'http://localhost.:P/', 'http://foo.localhost:P/', 'http://ｌｏｃａｌｈｏｓｔ:P/', 'http://ⓛocalhost:P/', 'http://localhost.localdomain:P/', 'http://printer.local/', 'http://metadata.google.internal/', 'http://METADATA.GOOGLE.INTERNAL/',
    'http://metadata/', 'http://instance-data/', 'http://kubernetes.default.svc/', 'http://intranet/', 'http://redis:P/', 'http://db.internal/', 'http://nas.lan/', 'http://router.home.arpa/', 'http://1.0.0.127.in-addr.arpa/', 'http://example.com./', 'http://example.com.:P/',
    'http://a..b.example/', 'http://-a.example/', 'http://host.corp/', 'http://svc.private/', 'http://app.intranet/', `http://${'a'.repeat(250)}.example/`,
  ]),
  ...of('egress_userinfo', [
    'http://user@example.com/', 'http://user:password@example.com/', 'http://:password@example.com/', 'http://example.com@127.0.0.1:P/', 'http://example.com:80@127.0.0.1:P/', 'http://127.0.0.1:P@example.com/', 'http://@127.0.0.1:P/', 'http://:@example.com/', 'http:\\\\a@127.0.0.1:P\\',
    'http://example.com%40x@127.0.0.1:P/', 'http://a@b@127.0.0.1:P/',
  ]),
  ...of('egress_scheme', [
    'file:///etc/passwd', 'ftp://example.com/', 'gopher://127.0.0.1:P/_x', 'dict://127.0.0.1:P/', 'ws://example.com/', 'wss://example.com/', 'data:text/plain,x', 'javascript:alert(1)', 'ldap://127.0.0.1/', 'unix:/var/run/docker.sock', 'blob:http://example.com/x', 'jar:http://example.com!/', 'httpx://example.com/', 'redis://127.0.0.1:P/',
  ]),
  ...of('egress_port', ['http://example.com:22/', 'http://example.com:25/', 'https://example.com:6379/', 'http://example.com:1/', 'http://example.com:0/', 'http://example.com:3306/', 'http://127.0.0.1:6379/', 'http://example.com:65535/']),
  ...of('egress_url_invalid', ['', 'example.com', '//example.com/', '/hook', 'http://', 'http://256.256.256.256/', 'http://1.2.3.4.5/', 'http://[::1', 'http://[::1]x/', 'http://[fe80::1%25eth0]/', 'http://exa mple.com/', 'http://example.com:99999/', 'http://example.com:-1/', 'http://0x7f.0x0.0x0.0x1ffffffff/', 'http://[127.0.0.1]/', 'http://a%00b/', `http://example.com/${'a'.repeat(2_100)}`]),
];

/** Answers of a hostile name server by name: each list of addresses is one answer, in turn; the last one repeats. */
export const dnsCorpus: readonly { readonly host: string; readonly answers: readonly (readonly string[])[]; readonly reason: EgressReason }[] = [
  { host: 'loopback.attacker.example', answers: [['127.0.0.1']], reason: priv },
  { host: 'loopback6.attacker.example', answers: [['::1']], reason: priv },
  { host: 'unspecified.attacker.example', answers: [['0.0.0.0']], reason: priv },
  { host: 'unspecified6.attacker.example', answers: [['::']], reason: priv },
  { host: 'mapped.attacker.example', answers: [['::ffff:127.0.0.1']], reason: priv },
  { host: 'mapped-hex.attacker.example', answers: [['::ffff:7f00:1']], reason: priv },
  { host: 'compatible.attacker.example', answers: [['::127.0.0.1']], reason: priv },
  { host: 'nat64.attacker.example', answers: [['64:ff9b::7f00:1']], reason: priv },
  { host: 'nat64-local.attacker.example', answers: [['64:ff9b:1::7f00:1']], reason: priv },
  { host: '6to4.attacker.example', answers: [['2002:7f00:1::1']], reason: priv },
  { host: 'teredo.attacker.example', answers: [['2001:0:7f00:1::1']], reason: priv },
  { host: 'zone.attacker.example', answers: [['fe80::1%lo']], reason: priv },
  { host: 'ula.attacker.example', answers: [['fd00::1']], reason: priv },
  { host: 'metadata.attacker.example', answers: [['169.254.169.254']], reason: meta },
  { host: 'metadata6.attacker.example', answers: [['fd00:ec2::254']], reason: meta },
  { host: 'metadata-mapped.attacker.example', answers: [['::ffff:169.254.169.254']], reason: meta },
  { host: 'ten.attacker.example', answers: [['10.0.0.1']], reason: priv },
  { host: 'cgnat.attacker.example', answers: [['100.64.0.1']], reason: priv },
  { host: 'two.attacker.example', answers: [['93.184.215.14', '127.0.0.1']], reason: priv },
  { host: 'two-reversed.attacker.example', answers: [['127.0.0.1', '93.184.215.14']], reason: priv },
  { host: 'many.attacker.example', answers: [[...Array.from({ length: 15 }, (_, index) => `93.184.215.${index}`), '127.0.0.1']], reason: priv },
  { host: 'both-families.attacker.example', answers: [['93.184.215.14', '::1']], reason: priv },
  // A chain of aliases ends at an address like any other.
  { host: 'alias.attacker.example', answers: [['192.168.1.1']], reason: priv },
  { host: 'multicast.attacker.example', answers: [['224.0.0.1']], reason: priv },
  { host: 'segment-routing.attacker.example', answers: [['5f00::1']], reason: priv },
  { host: 'class-e.attacker.example', answers: [['240.0.0.1']], reason: priv },
  { host: 'xn--bcher-kva.attacker.example', answers: [['127.0.0.1']], reason: priv },
];

/** Headers that a destination may not set. */
export const headerCorpus: readonly Readonly<Record<string, string>>[] = [
  { Host: 'metadata.google.internal' }, { host: 'x' }, { 'Metadata-Flavor': 'Google' }, { Metadata: 'true' }, { 'X-aws-ec2-metadata-token': 'x' }, { 'X-aws-ec2-metadata-token-ttl-seconds': '60' }, { 'X-Google-Metadata-Request': 'True' },
  { 'Proxy-Authorization': 'Basic x' }, { 'Proxy-Connection': 'keep-alive' }, { Connection: 'close' }, { 'Keep-Alive': 'x' }, { TE: 'trailers' }, { Trailer: 'x' }, { 'Transfer-Encoding': 'chunked' }, { 'transfer-encoding': 'identity' },
  { 'Content-Length': '0' }, { Upgrade: 'h2c' }, { 'HTTP2-Settings': 'x' }, { Expect: '100-continue' }, { Via: 'x' }, { Forwarded: 'for=127.0.0.1' }, { 'X-Forwarded-For': '127.0.0.1' }, { 'X-Forwarded-Host': 'x' }, { 'X-Original-URL': '/admin' }, { 'X-Rewrite-URL': '/admin' },
  { 'X-HTTP-Method-Override': 'DELETE' }, { Authorization: 'Bearer x' }, { Cookie: 'a=b' }, { 'webhook-id': 'x' }, { 'Webhook-Signature': 'v1,x' }, { 'Content-Type': 'text/html' }, { ':authority': 'x' }, { 'a b': 'x' }, { 'a:b': 'x' }, { '': 'x' }, { 'x\r\ny': 'z' },
  { a: 'x\r\nHost: metadata' }, { a: 'x\nb: c' }, { a: 'x\0' }, { a: 'x\u010a' }, { a: 'ü' }, { a: ' x' }, { a: 'x'.repeat(5_000) }, { A: '1', a: '2' }, Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`h${index}`, 'x'])),
];
