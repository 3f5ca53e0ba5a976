// An identity provider: oidc-provider with its own pages for sign-in, and keys that live as long as the process.
// PORT ORIGIN ALGORITHM: the port, the origin of the server that people sign in to, and RS256 or ES256.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = process.env.PLUME_TEST_NODE_MODULES;
const found = createRequire(join(modules, "x.js")).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));

const [port, origin, algorithm] = process.argv.slice(2);
const kind = algorithm === "ES256" ? ["ec", { namedCurve: "P-256" }] : ["rsa", { modulusLength: 2048 }];
const { privateKey } = generateKeyPairSync(...kind);
const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: algorithm };

const groups = { ada: ["noc"], eve: ["visitors"] };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "monitor",
      client_secret: "not-a-real-secret",
      redirect_uris: [`${origin}/sign-in/callback`],
      post_logout_redirect_uris: [`${origin}/sign-in`],
      id_token_signed_response_alg: algorithm,
      response_types: ["code"],
      grant_types: ["authorization_code"],
      application_type: "native",
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "groups"] },
  jwks: { keys: [key] },
  cookies: { keys: ["not-a-real-key"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `Person ${id}`, groups: groups[id] ?? [] }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
