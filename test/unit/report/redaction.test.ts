import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactHeaders, redactHost, redactTarget } from '../../../main/report/redaction.ts';

describe('targets', () => {
  test.each([
    ['/', '/'],
    ['*', '*'],
    ['/items?page=2&limit=50&q=keyword', '/items?page=2&limit=50&q=keyword'],
    ['/search?author=tolkien&keyboard=1', '/search?author=tolkien&keyboard=1'],
    ['api.example:443', 'api.example:443'],
    ['/@scope/package', '/@scope/package'],
    ['http://registry.example/@scope/package', 'http://registry.example/@scope/package'],
    ['/a%20b?c=100%25', '/a%20b?c=100%25'],
    ['/x?token=', '/x?token='],
    ['/a?token=s3cret&b=1', '/a?token=[redacted]&b=1'],
    ['/a?b=1&API_KEY=s3cret', '/a?b=1&API_KEY=[redacted]'],
    ['/a?accessToken=s3cret', '/a?accessToken=[redacted]'],
    ['/a?my-auth-code=s3cret', '/a?my-auth-code=[redacted]'],
    ['/a?PHPSESSID=s3cret', '/a?PHPSESSID=[redacted]'],
    ['/a?user[password]=s3cret', '/a?user[password]=[redacted]'],
    ['/a?%74oken=s3cret', '/a?%74oken=[redacted]'],
    ['/a?%2574oken=s3cret', '/a?%2574oken=[redacted]'],
    ['/a?token=s3;cret#t?a=b', '/a?token=[redacted]'],
    ['/a?b=1;token=s3cret;c=2&d=3', '/a?b=1;token=[redacted]&d=3'],
    ['/a?b=1&amp;token=s3cret', '/a?b=1&amp;token=[redacted]'],
    ['/a;jsessionid=s3cret?b=1', '/a;jsessionid=[redacted]?b=1'],
    ['/cb#access_token=s3cret', '/cb#access_token=[redacted]'],
    ['/go?to=https%3A%2F%2Fx%2F%3Ftoken%3Ds3cret&b=1', '/go?to=[redacted]&b=1'],
    ['/go?to=https%3A%2F%2Fu%3As3cret%40x%2F', '/go?to=[redacted]'],
    ['/go?to=http://u:s3cret@x/', '/go?to=http://[redacted]@x/'],
    ['/go?token%3Ds3cret', '/go?[redacted]'],
    ['/go?a%26token%3Ds3cret=1', '/go?[redacted]'],
    ['/q?json={"password":"s3cret"}', '/q?json=[redacted]'],
    ['/q?json=%7B%22password%22%3A%22s3cret%22%7D', '/q?json=[redacted]'],
    ['/proxy/https%3A%2F%2Fu%3As3cret%40x/y', '/proxy/[redacted]/y'],
    ['http://user:s3cret@api.example/a', 'http://[redacted]@api.example/a'],
    ['http://user:s3@cret@api.example:80?a', 'http://[redacted]@api.example:80?a'],
    ['user:s3cret@api.example:443', '[redacted]@api.example:443'],
    ['//user:s3cret@api.example/a', '//[redacted]@api.example/a'],
    ['/v/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzM2NyZXQifQ.s3cret-s3cret', '/v/[redacted]'],
    ['/password/reset/f81c9ab0e77d4c21', '/password/reset/[redacted]'],
    ['/verify-email/Zk3l9QpX0aB7cD2e?x=1', '/verify-email/[redacted]?x=1'],
    ['/api/webhooks/1187349/s3cret-S3cret-s3cret', '/api/webhooks/1187349/[redacted]'],
    ['/v1/token/9f81c9ab0e77d4c21/renew', '/v1/token/[redacted]/renew'],
    ['/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe', '/[redacted]/getMe'],
    ['/x?v=ghp_s3crets3crets3crets3crets3cret', '/x?v=[redacted]'],
    ['/live/a.m3u8?hdnea=st=1~exp=2~acl=/*~hmac=s3cret', '/live/a.m3u8?hdnea=[redacted]'],
    // Nobody's secret: an id where ids stand, a file's name, words.
    ['/v2/app/blobs/sha256:9f81c9ab0e77d4c21f', '/v2/app/blobs/sha256:9f81c9ab0e77d4c21f'],
    ['/items/9f81c9ab-0e77-4d4c-8d21-0e774d4c8d21', '/items/9f81c9ab-0e77-4d4c-8d21-0e774d4c8d21'],
    ['/share/js/jquery-3.6.0-slim.min.js', '/share/js/jquery-3.6.0-slim.min.js'],
    ['/reset/password', '/reset/password'],
    ['/x?X-Amz-Credential=AK%2Fs3cret&X-Amz-Date=1&X-Amz-Signature=s3cret', '/x?X-Amz-Credential=[redacted]&X-Amz-Date=1&X-Amz-Signature=[redacted]'],
  ])('%s', (target, redacted) => expect(redactTarget(target)).toBe(redacted));

  const names = [
    'token', 'key', 'api_key', 'apikey', 'password', 'passwd', 'pwd', 'secret', 'sig', 'signature', 'access_token',
    'id_token', 'refresh_token', 'auth', 'session', 'sid', 'code', 'jwt', 'X-Amz-Signature', 'X-Amz-Credential',
    'X-Amz-Security-Token', 'client_secret', 'authorization', 'AWSAccessKeyId', 'xsrfToken', 'x.api-key',
  ];
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,24}$/).map((text) => `S3CR3T${text}`);
  const filler = fc.string({ unit: fc.constantFrom(...'abz019-._~!$\'()*,:@/?;+=% &#"{}[]\\\x80\xff'), maxLength: 12 });
  const name = fc.tuple(fc.constantFrom(...names), fc.nat()).map(([name, bits]) => [...name].map((letter, i) => ((bits >> i % 31) & 1 ? letter.toUpperCase() : letter)).join(''));
  const encode = (text: string, times: number): string => {
    for (let i = 0; i < times; i++) text = encodeURIComponent(text);
    return text;
  };

  test('a secret planted in a parameter never survives, whatever stands around it', () => {
    fc.assert(
      fc.property(filler, name, secret, filler, filler, fc.constantFrom('?', '&', ';'), fc.nat(2), (before, name, secret, tail, after, separator, times) => {
        const target = `/p${before}?a=1${separator}${encode(`${name}=${tail.replaceAll('&', '')}${secret}`, times)}&${after}`;
        expect(redactTarget(target)).not.toContain(secret);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test('a secret in front of an @ never survives', () => {
    fc.assert(
      fc.property(secret, fc.constantFrom('http://u:', 'HTTPS://', '//', '', '/go?u=ftp://x:', '/x/http://'), filler, (secret, before, after) => {
        expect(redactTarget(`${before}${secret}@host.example/${after}`)).not.toContain(secret);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('redacting again changes nothing, and nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(filler, fc.string({ unit: 'binary', maxLength: 60 }), fc.tuple(filler, name, filler, filler).map(([a, b, c, d]) => `/${a}?${b}=${c}&${d}`)), (target) => {
        const once = redactTarget(target);
        expect(redactTarget(once)).toBe(once);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test('long hostile targets do not hold up the report', () => {
    for (const part of ['%25', 'eyJ', '://', 'token', 'a=', '"', '"a":', '%2', ';', '&', '@', 'basic ', "'x' ", '/reset/a1', 'a1', '~hmac', 'sk_live_']) {
      const target = `/?${part.repeat(Math.ceil(16_384 / part.length))}=@`;
      expect(redactTarget(target).length).toBeLessThanOrEqual(target.length * 10);
    }
  }, 2000);
});

test('hosts lose what stands before an @', () => {
  expect(redactHost('api.example:80')).toBe('api.example:80');
  expect(redactHost('user:s3cret@api.example')).toBe('[redacted]@api.example');
});

describe('headers', () => {
  const value = (name: string, value: string): string => redactHeaders([[name, value]])[0]![1];

  test.each(['Authorization', 'proxy-authorization', 'COOKIE', 'Set-Cookie', 'X-Api-Key', 'X-Auth-Token', 'x-amz-security-token', 'X-CSRF-Token', 'apikey', 'Authorization ', 'X-Vault-Token', 'X-Session-Id'])(
    '%s',
    (name) => expect(value(name, 'Basic dXNlcjpzM2NyZXQ=')).toBe('[redacted]'),
  );

  test.each([
    ['Host', 'api.example', 'api.example'],
    ['Content-Type', 'text/html; charset=utf-8', 'text/html; charset=utf-8'],
    ['Keep-Alive', 'timeout=5, max=100', 'timeout=5, max=100'],
    ['Cache-Control', 'private, max-age=0', 'private, max-age=0'],
    ['User-Agent', 'Mozilla/5.0 (X11; Linux)', 'Mozilla/5.0 (X11; Linux)'],
    ['From', 'someone@example.com', 'someone@example.com'],
    ['ETag', '"33a64df5"', '"33a64df5"'],
    ['Referer', 'https://u:p@x/?token=s3cret&a=1', 'https://[redacted]@x/?token=[redacted]&a=1'],
    ['Location', '/cb?code=s3cret', '/cb?code=[redacted]'],
    ['X-Forwarded-With', 'Bearer s3cret', 'Bearer [redacted]'],
    ['X-Upstream', 'xoxb-17653672481-s3cret', '[redacted]'],
    ['X-Odd', 'a\r\n Authorization: Basic s3cret', '[redacted]'],
    ['Cookie', '', ''],
  ])('%s: %s', (name, text, redacted) => expect(value(name, text)).toBe(redacted));
});
