// SPDX-License-Identifier: BSD-2-Clause
// oidc-provider on loopback, over TLS, for oidc_provider.py. The only argument holds its settings;
// commands of an administrator come as lines of JSON on standard input, at whose end it exits.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';

const settings = JSON.parse(process.argv[2]);
console.info = console.warn = () => {}; // silences its advice for production
const { Provider } = await import(settings.package);
const people = new Set();
const refreshTokens = new Map(); // of each account
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const provider = new Provider(settings.issuer, {
  clients: [
    { client_id: settings.client_id, client_secret: settings.client_secret },
    ...settings.public_clients.map((id) => ({ client_id: id, token_endpoint_auth_method: 'none' })),
  ].map((client) => ({
    ...client,
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/'], // any port: RFC 8252 section 7.3
    grant_types: ['authorization_code', 'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code'],
  })),
  claims: { openid: ['sub', 'preferred_username'] },
  conformIdTokenClaims: false, // puts them into the ID token too
  cookies: { keys: [randomBytes(16).toString('hex')] },
  features: {
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_ctx, sub) => (people.has(sub) ? {
    accountId: sub,
    claims: () => ({ sub, preferred_username: sub }),
  } : undefined),
  jwks: { keys: [{ ...key.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  pkce: { required: () => true },
  rotateRefreshToken: settings.rotate,
});
provider.on('refresh_token.saved', (token) => {
  refreshTokens.set(token.accountId, [...(refreshTokens.get(token.accountId) ?? []), token]);
});
provider.on('server_error', (_ctx, error) => console.error(error));

const act = {
  add: (name) => people.add(name),
  remove: (name) => people.delete(name),
  revoke: (name) => Promise.all((refreshTokens.get(name) ?? []).map((token) => token.destroy())),
};

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { what, name } = JSON.parse(line);
    await act[what](name);
    console.log('done');
  })
  .on('close', () => process.exit());

createServer({
  key: readFileSync(settings.key), cert: readFileSync(settings.certificate),
}, provider.callback()).listen(settings.port, '127.0.0.1', () => console.log('listening'));
