"""Between a server and its store: cuts their connection at a chosen moment."""
import socket
import threading
import time


class StoreProxy:
    """`with StoreProxy(path) as proxy:` passes on what comes to proxy.address, to the Unix socket at `path`."""

    def __init__(self, path):
        self._path = str(path)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "redis://127.0.0.1:%d" % self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._words = None
        self._passes_on = False
        self.cut = threading.Event()  # it has cut
        self._refuses = False
        self._slow_words = None
        self._slow_seconds = 0
        self._slow = set()  # ends whose next piece is held back
        self._open = set()
        self._dropped = set()  # ends of which nothing is passed on any more

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        with self._lock:
            for one in self._open:
                self._end(one)

    def cut_at(self, words, passes_on):
        """The next piece from the server that contains these bytes ends both connections: whether the store has got it,
        `passes_on` says; the server hears no answer."""
        with self._lock:
            self._words, self._passes_on = words, passes_on
            self.cut.clear()

    def refuse(self, refuses):
        """New connections are closed at once; or served again."""
        with self._lock:
            self._refuses = refuses

    def slow_at(self, words, seconds):
        """The answer to the next piece from the server that contains these bytes takes so long."""
        with self._lock:
            self._slow_words, self._slow_seconds = words, seconds

    @staticmethod
    def _end(one):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        one.close()

    def _accept(self):
        while True:
            try:
                server, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                refuses = self._refuses
            if refuses:
                server.close()
                continue
            store = socket.socket(socket.AF_UNIX)
            try:
                store.connect(self._path)
            except OSError:
                server.close()
                continue
            with self._lock:
                self._open |= {server, store}
            threading.Thread(target=self._to_store, args=(server, store), daemon=True).start()
            threading.Thread(target=self._to_server, args=(store, server), daemon=True).start()

    def _is_end(self, piece):
        with self._lock:
            if self._words is None or self._words not in piece:
                return False
            self._words = None
            return True

    def _note_slow(self, piece, store):
        with self._lock:
            if self._slow_words is not None and self._slow_words in piece:
                self._slow_words = None
                self._slow.add(store)

    def _hold_back(self, store):
        with self._lock:
            if store not in self._slow:
                return
            self._slow.remove(store)
        time.sleep(self._slow_seconds)  # a lower bound: the answer is slow

    def _to_store(self, server, store):
        try:
            while piece := server.recv(1 << 20):
                if not self._is_end(piece):
                    self._note_slow(piece, store)
                    store.sendall(piece)
                    continue
                if self._passes_on:
                    with self._lock:
                        self._dropped.add(store)
                    store.sendall(piece)
                    store.shutdown(socket.SHUT_WR)
                    self._end(server)
                    return  # the store's end, which comes after all its answers, is the end of it
                break
        except OSError:
            pass
        self._close(server, store)
        self.cut.set()

    def _to_server(self, store, server):
        try:
            while piece := store.recv(1 << 20):
                self._hold_back(store)
                with self._lock:
                    is_dropped = store in self._dropped
                if not is_dropped:
                    server.sendall(piece)
        except OSError:
            pass
        self._close(server, store)
        if store in self._dropped:
            self.cut.set()

    def _close(self, *both):
        with self._lock:
            self._open -= set(both)
        for one in both:
            self._end(one)
