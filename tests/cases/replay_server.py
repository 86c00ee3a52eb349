"""Answers the HTTP exchanges of one case on the addresses that the program asks, and checks every request."""

import http.client
import io
import json
import selectors
import socket
import ssl
import struct
import threading
import urllib.parse

# Where the credential services are. Requests to any of these are heard in every case, so that one too many is found.
METADATA_ADDRESSES = ("169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23")
LOOPBACK = ("127.0.0.1", "::1")
# What the AWS host names stand for.
SERVICES_ADDRESS = "127.0.0.2"
PORTS = {"http": 80, "https": 443}
# These happen before the server could see a request.
UNSEEN = ("ConnectionRefused", "ConnectTimeout", "NameResolution", "TlsVerification")


def place_of(url):
    """The (address, port) that a URL leads to inside the namespace."""
    parts = urllib.parse.urlsplit(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    if ":" not in host and not host.replace(".", "").isdigit():
        host = SERVICES_ADDRESS
    return host, parts.port or PORTS[parts.scheme]


def with_sorted_query(url):
    path, mark, query = url.partition("?")
    return path + mark + "&".join(sorted(query.split("&")))


def fits(wanted, value):
    """`wanted` is None (absent), a text, or {"contains": [...]}."""
    if wanted is None or value is None:
        return wanted is None and value is None
    if isinstance(wanted, str):
        return value == wanted
    return all(part in value for part in wanted["contains"])


def request_fault(wanted, method, url, headers, body):
    """Why a request is not the wanted one, without quoting what may be secret; or None."""
    if method != wanted.get("method", "GET"):
        return f"the method is {method}"
    if with_sorted_query(url) != with_sorted_query(wanted["url"]):
        return f"the address is {url}"
    for name, value in wanted.get("headers", {}).items():
        if not fits(value, headers.get(name)):
            return f"the header {name} differs"
    if not all(part in body for part in wanted.get("body_contains", ())):
        return "the body lacks a text that it must have"
    if any(part in body for part in wanted.get("body_lacks", ())):
        return "the body has a text that it must not have"
    form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True)) if "form" in wanted else {}
    for name, value in wanted.get("form", {}).items():
        if not fits(value, form.get(name)):
            return f"the form's field {name} differs"
    if "json" in wanted:
        try:
            document = json.loads(body)
        except ValueError:
            return "the body is no JSON"
        for name, value in wanted["json"].items():
            if document.get(name) != value:
                return f"the document's field {name} differs"
    return None


def body_bytes(response):
    body = response.get("body", "")
    if isinstance(body, dict):
        body = json.dumps(body)
    elif isinstance(body, list):
        body = "\n".join(body)
    return body.encode()


class ReplayServer:
    """As long as the `with` block lasts."""

    def __init__(self, exchanges, any_order, good_tls, bad_tls):
        failing = {}
        self.exchanges = []
        self.faults = []
        self.any_order = any_order
        self.lock = threading.Lock()
        places = {(address, port) for address in (*METADATA_ADDRESSES, *LOOPBACK, SERVICES_ADDRESS) for port in (80, 443)}
        self.tls_ports = {443}
        for exchange in exchanges:
            place = place_of(exchange["request"]["url"])
            if exchange["request"]["url"].startswith("https:"):
                self.tls_ports.add(place[1])
            places.add(place)
            failure = exchange["response"].get("failure")
            if failure in UNSEEN:
                failing[place] = failure
            else:
                self.exchanges.append([exchange, exchange.get("times", 1)])
        self.good_tls, self.bad_tls = good_tls, bad_tls
        self.untrusted = {place for place, failure in failing.items() if failure == "TlsVerification"}
        refused = {place for place, failure in failing.items() if failure == "ConnectionRefused"}
        full = {place for place, failure in failing.items() if failure == "ConnectTimeout"}
        self.open_sockets = set()
        self.listeners = [self.listen(place) for place in sorted(places - refused - full)]
        for place in full:
            self.listen_without_room(place)
        self.stopping, self.stop = socket.socketpair()
        self.thread = threading.Thread(target=self.accept_all)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.close()
        self.thread.join()
        self.stopping.close()
        with self.lock:
            for each in self.open_sockets:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                each.close()
        for exchange, left in self.exchanges:
            if left:
                self.faults.append(f"never asked: {exchange['request'].get('method', 'GET')} {exchange['request']['url']}")

    def listen(self, place, backlog=64):
        listener = socket.create_server(place, family=socket.AF_INET6 if ":" in place[0] else socket.AF_INET,
                                        backlog=backlog)
        self.open_sockets.add(listener)
        return listener

    def listen_without_room(self, place):
        """A queue that is full lets every further attempt to connect wait."""
        self.listen(place, backlog=0)
        self.open_sockets.add(socket.create_connection(place, timeout=5))

    def accept_all(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.stopping, selectors.EVENT_READ)
            for listener in self.listeners:
                selector.register(listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.stopping:
                        return
                    connection, _ = key.fileobj.accept()
                    place = key.fileobj.getsockname()[:2]
                    threading.Thread(target=self.serve, args=(connection, place), daemon=True).start()

    def serve(self, connection, place):
        with self.lock:
            self.open_sockets.add(connection)
        try:
            if place[1] in self.tls_ports:
                tls = self.bad_tls if place in self.untrusted else self.good_tls
                connection = tls.wrap_socket(connection, server_side=True)
                with self.lock:
                    self.open_sockets.add(connection)
            while self.answer_one(connection, place):
                pass
        except OSError:
            pass  # the program went away, or the case is over
        connection.close()

    def answer_one(self, connection, place):
        """One request; false when the connection has ended."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = connection.recv(1)
            if not piece:
                return False
            head += piece
        line, _, rest = head.partition(b"\r\n")
        method, target, _ = line.decode("latin-1").split(" ")
        headers = http.client.parse_headers(io.BytesIO(rest))
        body = b""
        while len(body) < int(headers.get("Content-Length", 0)):
            piece = connection.recv(65536)
            if not piece:
                return False
            body += piece
        scheme = "https" if place[1] in self.tls_ports else "http"
        response = self.response_to(method, f"{scheme}://{headers.get('Host')}{target}", headers, body.decode())
        failure = response.get("failure")
        if failure == "Timeout":
            connection.recv(1)
            return False
        if failure is not None:  # ConnectionReset: a close that throws away what was not sent
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        content = body_bytes(response)
        lines = [f"HTTP/1.1 {response.get('status', 200)} Answer", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in response.get("headers", {}).items()]
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content)
        return True

    def response_to(self, method, url, headers, body):
        fault = "nothing more was expected"
        with self.lock:
            for entry in self.exchanges:
                if not entry[1]:
                    continue
                difference = request_fault(entry[0]["request"], method, url, headers, body)
                if difference is None:
                    entry[1] -= 1
                    return entry[0]["response"]
                fault = difference
                if not self.any_order:
                    break
            self.faults.append(f"{method} {url}: {fault}")
        return {"status": 599, "body": "not expected by the case"}


def tls_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
