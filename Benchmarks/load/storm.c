// Hostile loads on listeners of this machine, and the well-behaved clients beside them. Loopback only, bounded in count and time.
//   storm KIND PORT [OPTION...]      opens connections, says "standing" when all of them stand, ends with the last of them,
//                                    at SIGTERM or after --seconds
//     idle      connects and says nothing              request   one GET, reads the answer, then silent
//     tls       a TLS handshake, then silent           flood     connects and closes, over and over
//     pipeline  --bytes of GETs, answers unread        body      64 bytes less than a body of 65,535, then one a second
//     head      a field of a head each second          ask       --text over and over; answers are read
//   storm probe PORT [OPTION...]     one client after the other: a connection, a GET (with --text: that line), its answer
//   storm tunnel PORT [OPTION...]    round trips of 64 bytes through one open tunnel of the rendezvous over TCP
//   --count N     connections at a time (1)          --sources N    of so many addresses, from 127.0.0.2 on (0: of 127.0.0.1)
//   --seconds N   at most so long (60)               --bytes N      of pipelined requests on each connection (524,288)
//   --plain       no TLS                             --again        opens another connection for each that ended
//   --path PATH   asked for (/idprov/directory; of bodies /idprov/provreq)
//   --cert FILE   --key FILE: a client certificate
// The last line is JSON: connections opened, that ended by the other side, and are held; bytes and requests sent, bytes and lines answered;
// of a client or tunnel how many were answered since SIGUSR1 (or the start), the median, and the longest.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most = 18000, together = 64 };
typedef enum { closed, connecting, handshaking, standing } State;
typedef struct {
    int fd, sent_all, got, watched;
    State state;
    SSL *ssl;
    long sent;
    double next;
} Connection;

static const char *kind, *path, *text, *certificate, *key;
static int port, count = 1, sources, seconds = 60, plain, again, queue;
static long bytes = 524288, limit;
static volatile sig_atomic_t ended;
static long opened, refused, lost, sent, answered, lines;
static sigset_t fresh;
static SSL_CTX *context;
static char *block;
static size_t block_length, document;
static Connection *all;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what) { fprintf(stderr, "storm: %s: %s\n", what, strerror(errno)); exit(1); }
static void stop(int number) { (void)number; ended = 1; }
// Whether a call that did nothing may do more later.
static int may_wait(Connection *c, int n) {
    int why = c->ssl ? SSL_get_error(c->ssl, n) : 0;
    return c->ssl ? why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE : n < 0 && errno == EAGAIN;
}
static int put(Connection *c, const void *out, size_t length) {
    ERR_clear_error();
    int n = c->ssl ? SSL_write(c->ssl, out, length) : (int)send(c->fd, out, length, MSG_NOSIGNAL);
    if (n > 0) { c->sent += n; sent += n; }
    return n;
}
static int is(const char *name) { return !strcmp(kind, name); }

static int dial(int number, int flags) {
    int s = socket(AF_INET, SOCK_STREAM | flags, 0), yes = 1;
    if (s < 0) die("socket");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct timeval patience = {20, 0};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (sources) {
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % sources)};
        setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(s, (struct sockaddr *)&from, sizeof from)) die("bind");
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(s, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) { close(s); return -1; }
    return s;
}

// What a connection sends: documents over and over, in one block of which any number of bytes can be taken from any place.
static void prepare(void) {
    char one[1024];
    if (is("body")) snprintf(one, sizeof one, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 65535\r\n\r\n", path);
    else if (is("head")) snprintf(one, sizeof one, "GET %s HTTP/1.1\r\nHost: h\r\n", path);
    else if (text) snprintf(one, sizeof one, "%s\n", text);
    else snprintf(one, sizeof one, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    document = strlen(one);
    block_length = is("body") ? document + 65535 : document * (65536 / document);
    block = malloc(block_length + 65536);
    if (is("body")) { memcpy(block, one, document); memset(block + document, 'x', 65535 + 65536); }
    else for (size_t i = 0; i < block_length + 65536; i++) block[i] = one[i % document];
    limit = is("pipeline") ? bytes / (long)document * (long)document : is("body") ? (long)block_length - 64
        : is("head") || is("request") ? (long)document : is("ask") ? __LONG_MAX__ : 0;
}

static void watch(Connection *c, int for_output) {
    int reads = is("request") || is("ask") || c->state == handshaking;
    struct epoll_event event = {.events = EPOLLRDHUP | (for_output ? EPOLLOUT : 0) | (reads ? EPOLLIN : 0), .data.u32 = c - all};
    epoll_ctl(queue, c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event);
    c->watched = 1;
}

static void hang_up(Connection *c) {
    struct linger at_once = {1, 0};
    if (is("flood")) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); // no place kept for a closed connection
    if (c->ssl) SSL_free(c->ssl);
    close(c->fd);
    *c = (Connection){.fd = -1};
}

static void lose(Connection *c) {
    if (c->state == standing) lost++; else refused++;
    hang_up(c);
    if (!again) c->sent_all = -1; // not opened once more
}

static void feed(Connection *c) {
    while (c->sent < limit) {
        size_t from = is("body") ? c->sent : c->sent % (long)document, part = limit - c->sent < 16384 ? limit - c->sent : 16384;
        int n = put(c, block + from, part);
        if (n <= 0) { if (may_wait(c, n)) watch(c, 1); else lose(c); return; }
        if (is("ask") && c->sent % (1 << 20) < n) return watch(c, 1); // the others' turn
    }
    c->sent_all = 1;
    c->next = now() + 1;
    watch(c, 0);
}

// One more byte of a body, or one more field of a head.
static void trickle(Connection *c) {
    char piece[64];
    int length = is("body") ? 1 : snprintf(piece, sizeof piece, "x-%ld: y\r\n", c->sent);
    if (is("body")) piece[0] = 'x';
    if (put(c, piece, length) <= 0) return lose(c);
    c->next = now() + 1;
}

static void stand(Connection *c) {
    c->state = standing;
    opened++;
    if (is("flood")) return hang_up(c);
    feed(c);
}

static void shake(Connection *c) {
    ERR_clear_error();
    int done = SSL_connect(c->ssl);
    if (done == 1) return stand(c);
    if (!may_wait(c, done)) return lose(c);
    watch(c, SSL_want_write(c->ssl));
}

static void hear(Connection *c) {
    static char heard[65536];
    for (;;) {
        ERR_clear_error();
        int n = c->ssl ? SSL_read(c->ssl, heard, sizeof heard) : (int)recv(c->fd, heard, sizeof heard, 0);
        if (n <= 0) { if (!may_wait(c, n)) lose(c); return; }
        answered += n;
        for (int i = 0; i < n; i++) lines += heard[i] == '\n';
        c->got = 1;
    }
}

static void turn(Connection *c, unsigned events) {
    if (c->state == connecting) {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error || events & (EPOLLERR | EPOLLHUP)) return lose(c);
        if (plain || is("idle")) return stand(c);
        c->state = handshaking;
        c->ssl = SSL_new(context);
        SSL_set_fd(c->ssl, c->fd);
        return shake(c);
    }
    if (c->state == handshaking) return shake(c);
    if (events & EPOLLIN) hear(c);
    if (c->state == standing && events & EPOLLOUT) feed(c);
    // What was sent and not read hides the end of the stream; the kernel still says that there is one.
    if (c->state == standing && events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) lose(c);
}

static void storm(void) {
    double end = now() + seconds, quiet = 0;
    long before = -1;
    int announced = 0, started = 0;
    struct epoll_event events[256];
    queue = epoll_create1(0);
    all = calloc(count, sizeof *all);
    for (int i = 0; i < count; i++) all[i].fd = -1;
    while (!ended && now() < end) {
        int open = 0, pending = 0, unfinished = 0, left = 0;
        for (int i = 0; i < count; i++) open += all[i].state == connecting || all[i].state == handshaking;
        for (int i = 0; i < count && open < together; i++) {
            int number = (started + i) % count;
            Connection *c = &all[number];
            if (c->fd >= 0 || c->sent_all < 0) continue;
            c->sent_all = 0; c->watched = 0;
            if ((c->fd = dial(number, SOCK_NONBLOCK)) < 0) { refused++; break; }
            c->state = connecting;
            watch(c, 1);
            open++;
        }
        started = (started + together) % count;
        int n = epoll_wait(queue, events, 256, 20);
        for (int i = 0; i < n; i++) if (all[events[i].data.u32].fd >= 0) turn(&all[events[i].data.u32], events[i].events);
        double time = now();
        for (int i = 0; i < count; i++) {
            Connection *c = &all[i];
            if (c->state == standing && c->sent_all == 1 && (is("body") || is("head")) && time > c->next && !(is("body") && c->sent >= limit + 60)) trickle(c);
            left += c->fd >= 0 || c->sent_all >= 0;
            pending += c->fd < 0 ? c->sent_all >= 0 : c->state != standing;
            unfinished += c->state == standing && (c->sent_all != 1 || (is("request") && !c->got));
        }
        // A storm stands when all is sent; when it is held up or always at it, after a while without another connection or byte.
        long state = is("flood") || is("ask") ? opened > 0 : opened + refused + lost + sent;
        if (state != before) { before = state; quiet = time; }
        if (!announced && opened && ((!pending && !unfinished) || time - quiet > (is("flood") || is("ask") ? 1 : 5))) { announced = 1; puts("standing"); fflush(stdout); }
        if (!left) break; // the other side ended all of them
    }
    int held = 0;
    for (int i = 0; i < count; i++) held += all[i].state == standing;
    printf("{\"kind\":\"%s\",\"opened\":%ld,\"refused\":%ld,\"ended\":%ld,\"held\":%d,\"sent\":%ld,\"requests\":%ld,\"answered\":%ld,\"lines\":%ld}\n",
           kind, opened, refused, lost, held, sent, sent / (long)document, answered, lines);
}

// ---- those beside it

static double *took;
static int tries, failed;

static int get(SSL *ssl, int s, char *in, size_t room) { return ssl ? SSL_read(ssl, in, room) : (int)recv(s, in, room, 0); }

// Reads until these words were there.
static int await(SSL *ssl, int s, char *in, size_t room, const char *words) {
    size_t filled = 0;
    while (filled < room - 1) {
        int n = get(ssl, s, in + filled, room - 1 - filled);
        if (n <= 0) return 0;
        filled += n; in[filled] = 0;
        if (strstr(in, words)) return 1;
    }
    return 0;
}

static int exchange(SSL *ssl, int s, const char *out, size_t length, char *in, size_t room, const char *words) {
    return (ssl ? SSL_write(ssl, out, length) : (int)send(s, out, length, MSG_NOSIGNAL)) > 0 && await(ssl, s, in, room, words);
}

// One way through a tunnel.
static int pass(SSL *from, SSL *to, const char *out, char *in, size_t length) {
    size_t filled = 0;
    if (SSL_write(from, out, length) <= 0) return 0;
    while (filled < length) {
        int n = get(to, 0, in + filled, length - filled);
        if (n <= 0) return 0;
        filled += n;
    }
    return 1;
}

static SSL *secure(int s) {
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, s);
    if (SSL_connect(ssl) == 1) return ssl;
    SSL_free(ssl);
    return NULL;
}

static void note(double from, int is_good) {
    if (sigtimedwait(&fresh, NULL, &(struct timespec){0, 0}) > 0) tries = failed = 0;
    if (is_good) took[tries++] = now() - from; else if (!ended) failed++;
}

static void once(int number) {
    char in[65536];
    double from = now();
    int s = dial(number, 0), good = 0;
    SSL *ssl = s >= 0 && !plain ? secure(s) : NULL;
    if (s >= 0 && (plain || ssl)) good = exchange(ssl, s, block, document, in, sizeof in, text ? "\n" : "\r\n\r\n");
    if (good && !text && !strstr(in, " 200 ")) good = 0;
    if (ssl) SSL_free(ssl);
    if (s >= 0) close(s);
    note(from, good);
}

static SSL *tunnel_end(const char *nonce, int number, const char *words) {
    char ask[512], in[4096];
    int s = dial(0, 0);
    SSL *ssl = s >= 0 ? secure(s) : NULL;
    int n = snprintf(ask, sizeof ask, "{\"id\":1,\"method\":\"Authentication.Authenticate\",\"params\":{\"uuid\":\"{9f8d0c1a-0000-4000-8000-00000000000%d}\","
        "\"name\":\"storm\",\"token\":\"%s\",\"nonce\":\"%s\"}}\n", number, nonce, nonce);
    if (!ssl || !exchange(ssl, s, ask, n, in, sizeof in, words)) die("no tunnel");
    return ssl;
}

static void tunnel(double end) {
    char nonce[40], out[64], in[4096];
    snprintf(nonce, sizeof nonce, "%d-%ld", getpid(), time(NULL));
    SSL *a = tunnel_end(nonce, 1, "AuthenticationErrorNoError"), *b = tunnel_end(nonce, 2, "TunnelEstablished");
    if (!await(a, 0, in, sizeof in, "TunnelEstablished")) die("no tunnel");
    memset(out, 'p', sizeof out);
    puts("standing"); fflush(stdout);
    while (!ended && now() < end && tries < most) {
        double from = now();
        int good = pass(a, b, out, in, sizeof out) && pass(b, a, out, in, sizeof out);
        note(from, good);
        if (!good) break;
        poll(NULL, 0, 5);
    }
}

static int compare(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }

static void beside(void) {
    double end = now() + seconds;
    took = calloc(most, sizeof *took);
    if (is("tunnel")) tunnel(end);
    else while (!ended && now() < end && tries + failed < most) {
        once(tries + failed);
        if (tries + failed == 1) { puts("standing"); fflush(stdout); }
        poll(NULL, 0, 20);
    }
    qsort(took, tries, sizeof *took, compare);
    printf("{\"kind\":\"%s\",\"answered\":%d,\"failed\":%d,\"median\":%.6f,\"longest\":%.6f}\n",
           kind, tries, failed, tries ? took[tries / 2] : 0, tries ? took[tries - 1] : 0);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"count", 1, 0, 'n'}, {"sources", 1, 0, 'a'}, {"seconds", 1, 0, 's'}, {"bytes", 1, 0, 'b'}, {"plain", 0, 0, 'p'},
        {"again", 0, 0, 'g'}, {"path", 1, 0, 'u'}, {"text", 1, 0, 't'}, {"cert", 1, 0, 'c'}, {"key", 1, 0, 'k'}, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) switch (option) {
        case 'n': count = atoi(optarg); break;
        case 'a': sources = atoi(optarg); break;
        case 's': seconds = atoi(optarg); break;
        case 'b': bytes = atol(optarg); break;
        case 'p': plain = 1; break;
        case 'g': again = 1; break;
        case 'u': path = optarg; break;
        case 't': text = optarg; break;
        case 'c': certificate = optarg; break;
        case 'k': key = optarg; break;
        default: return 2;
    }
    if (argc - optind != 2 || count < 1 || count > most || seconds > 600 || bytes > 1 << 24) {
        fputs("usage: storm KIND PORT [OPTION...]; the head of storm.c says which\n", stderr);
        return 2;
    }
    kind = argv[optind]; port = atoi(argv[optind + 1]);
    if (is("flood")) again = 1;
    if (!path) path = is("body") ? "/idprov/provreq" : "/idprov/directory";
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, stop); signal(SIGINT, stop);
    sigemptyset(&fresh); sigaddset(&fresh, SIGUSR1);
    sigprocmask(SIG_BLOCK, &fresh, NULL); // looked at between two tries, which it must not interrupt
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (certificate && (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 || SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)) die("certificate");
    prepare();
    if (is("probe") || is("tunnel")) beside(); else storm();
    return 0;
}
