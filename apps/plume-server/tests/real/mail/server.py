"""A mail server for tests: prints its port, then a line of JSON for each mail that it accepts.

Usage: server.py MODE [CERTIFICATE KEY], with MODE plain, starttls, login or implicit.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("full@"):
            return "452 4.2.2 mailbox full"
        if address.startswith("gone@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(
            json.dumps(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "names": message.keys(),
                    "subject": message["subject"],
                    "id": message["message-id"],
                    "references": message["references"],
                    "text": message.get_content(),
                    "encrypted": server.transport.get_extra_info("ssl_object") is not None,
                    "login": session.authenticated,
                }
            ),
            flush=True,
        )
        if any(address.startswith("cut@") for address in envelope.rcpt_tos):
            server.transport.abort()
            await asyncio.sleep(60)
        return "250 2.0.0 queued as 1"


def login(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.login == b"monitor" and data.password == b"not-a-real-secret"
    return AuthResult(success=good, handled=False)


async def main():
    mode = sys.argv[1]
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])

    def session():
        if mode == "starttls":
            return SMTP(Handler(), tls_context=context, require_starttls=True, hostname="mail.example.net")
        if mode == "login":
            return SMTP(
                Handler(),
                tls_context=context,
                authenticator=login,
                auth_required=True,
                auth_require_tls=True,
                hostname="mail.example.net",
            )
        return SMTP(Handler(), hostname="mail.example.net")

    loop = asyncio.get_running_loop()
    implicit = context if mode == "implicit" else None
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=implicit)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
