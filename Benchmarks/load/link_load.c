// A fleet of devices on the live link, docs/protocols/device-link.md, as JSON lines. One thread; loopback only, bounded in count and time.
// The generator runs on the same machine: look at the hub's CPU.
//   link_load join PORT COUNT KEY SECRET PREFIX [OPTION...]   devices PREFIX-0001... open links and join, with a signature of their own each,
//                              or with certificates; a line "join" when all are in. Then they are held, with heartbeats. SIGUSR1, or a
//                              line on the input: a line "now". A line "pushed" when each has got its first `update`, "end" at the end.
//     --first N       the first device has this number (1)
//     --rate N        as many new links a second (as fast as --together of them on the way allow)
//     --together N    on the way at a time (64)        --patience N     seconds until those that are not in are given up (120)
//     --hold N        seconds, then it ends (600)      --heartbeat N    seconds (30)
//     --resume        TLS sessions by one ticket       --tls12          as released clients of NervesHub do
//     --report        answers an update: received      --certificates FOLDER   FOLDER/ID/device.crt and device.key, as hub-agent leaves them
//     --uuid, --product, --fw-version, --platform, --architecture, --tool   what the join says of the firmware
//   link_load derive           CPU of one key derivation, µs
// In its lines: shed = answers 429 and 503, tried again after their Retry-After, or after a second when they have none (bare); dropped =
// connections closed without an answer, tried again after a second; refused = any other answer. Times first_us and last_us are microseconds since 1970.
#define _GNU_SOURCE
#include "link_wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most = 10000, room = 65536 };
typedef enum { waiting, connecting, handshaking, upgrading, joining, joined, gone } State;
typedef struct {
    int fd, number, updated, watched;
    State state;
    SSL *ssl;
    long ref, heartbeat; // the last reference; that of the heartbeat without an answer
    double due, began;
    unsigned char *in, *out; // a frame that is not whole yet; what the socket did not take
    size_t filled, left;
} Link;

static int port, count, first = 1, together = 64, patience = 120, hold = 600, resume, reports, queue;
static double rate, interval = 30;
static const char *key, *secret, *prefix, *certificates, *uuid = "8a8b902c-d1a9-58aa-6111-04ab57c2f2a8", *product = "widget", *version = "0.1.0",
    *platform = "sim", *architecture = "x86_64", *tool;
static Link *all;
static double *took;
static int opening, in, given_up, resumed, last_status, last_close;
static long shed, bare, dropped, refused, lost, beats, answered, unanswered, updates, updated;
static long long first_us, last_us;
static SSL_CTX *context;
static SSL_SESSION *ticket;
static volatile sig_atomic_t ended, asked;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (double)t.tv_sec + (double)t.tv_nsec / 1e9; }
static long long wall(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000000LL + t.tv_nsec / 1000; }
static void die(const char *what) { fprintf(stderr, "link_load: %s: %s\n", what, strerror(errno)); exit(1); }
static void note(int number) { if (number == SIGUSR1) asked = 1; else ended = 1; }

static void say(const char *phase) {
    printf("{\"phase\":\"%s\",\"n\":%d,\"ok\":%d,\"updates\":%ld,\"updated\":%ld,\"first_us\":%lld,\"last_us\":%lld,\"lost\":%ld,\"heartbeats\":%ld,\"answered\":%ld,"
           "\"unanswered\":%ld,\"close\":%d}\n", phase, count, in, updates, updated, first_us, last_us, lost, beats, answered, unanswered, last_close);
    fflush(stdout);
}

// ---- one link

static int is_opening(const Link *c) { return c->state > waiting && c->state < joined; }

static void watch(Link *c, int for_output) {
    struct epoll_event event = {.events = EPOLLIN | (for_output ? EPOLLOUT : 0), .data.u32 = (unsigned)c->number};
    if (c->watched && c->watched == 1 + for_output) return;
    if (epoll_ctl(queue, c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event)) die("epoll");
    c->watched = 1 + for_output;
}

static void hang_up(Link *c, State after, double due) {
    opening -= is_opening(c);
    if (c->state == joined) { in--; lost++; }
    if (after == gone) given_up++;
    if (c->ssl) SSL_free(c->ssl);
    if (c->fd >= 0) close(c->fd);
    free(c->in); free(c->out);
    *c = (Link){.fd = -1, .number = c->number, .updated = c->updated, .state = after, .due = due, .began = c->began};
}

// The other side ended it: a device comes again, as those do that were let in before.
static void lose(Link *c) {
    if (c->state == joined) return hang_up(c, gone, 0);
    dropped++;
    hang_up(c, waiting, now() + 1 + 0.5 * drand48());
}

static int may_wait(Link *c, int n) { int why = SSL_get_error(c->ssl, n); return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE; }

static void flush(Link *c) {
    while (c->left) {
        ERR_clear_error();
        int n = SSL_write(c->ssl, c->out, (int)c->left);
        if (n <= 0) { if (may_wait(c, n)) watch(c, 1); else lose(c); return; }
        memmove(c->out, c->out + n, c->left -= (size_t)n);
    }
    free(c->out); c->out = NULL;
    watch(c, 0);
}

static void put(Link *c, const void *bytes, size_t length) {
    c->out = realloc(c->out, c->left + length);
    memcpy(c->out + c->left, bytes, length); c->left += length;
    flush(c);
}

static void send_text(Link *c, const char *text, size_t length) {
    unsigned char framed[4096];
    if (length > sizeof framed - 16) die("a frame is too long");
    put(c, framed, masked(framed, op_text, text, length));
}

static void dial(Link *c) {
    int yes = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) < 0) die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!c->began) c->began = now();
    c->state = connecting; opening++;
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) return lose(c);
    watch(c, 1);
}

static void request(Link *c) {
    char head[2048], identifier[80];
    snprintf(identifier, sizeof identifier, "%s-%04d", prefix, first + c->number);
    size_t n = (size_t)snprintf(head, sizeof head, "GET /%s/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nuser-agent: mint/1.7.1\r\nupgrade: websocket\r\n"
        "connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: KXjjNIy3Bmfu5CR1fMhF3w==\r\nsec-websocket-extensions: permessage-deflate\r\n",
        certificates ? "socket" : "device-socket", port);
    if (!certificates) n += sign(head + n, sizeof head - n, key, secret, identifier, (long)(wall() / 1000000));
    n += (size_t)snprintf(head + n, sizeof head - n, "\r\n");
    c->state = upgrading;
    put(c, head, n);
}

static void join(Link *c) {
    char text[2048], tools[80] = "";
    if (tool) snprintf(tools, sizeof tools, "\"update_tool\":\"%s\",", tool);
    int n = snprintf(text, sizeof text, "[\"1\",\"1\",\"device\",\"phx_join\",{\"archive_public_keys\":\"on_connect\",\"console_version\":\"2.0.0\",\"currently_downloading_uuid\":null,"
        "\"device_api_version\":\"2.3.0\",\"fwup_public_keys\":\"on_connect\",\"fwup_version\":\"1.16.0\",\"meta\":{\"firmware_auto_revert_detected\":false,\"firmware_validated\":true},"
        "\"nerves_fw_architecture\":\"%s\",\"nerves_fw_author\":\"me\",\"nerves_fw_description\":\"test firmware\",\"nerves_fw_misc\":\"\",\"nerves_fw_platform\":\"%s\","
        "\"nerves_fw_product\":\"%s\",\"nerves_fw_uuid\":\"%s\",\"nerves_fw_validated\":\"1\",\"nerves_fw_vcs_identifier\":\"abc123\",%s\"nerves_fw_version\":\"%s\"}]",
        architecture, platform, product, uuid, tools, version);
    c->state = joining; c->ref = 1;
    send_text(c, text, (size_t)n);
}

static void beat(Link *c) {
    char text[128];
    if (c->heartbeat) unanswered++;
    c->heartbeat = ++c->ref;
    beats++;
    c->due += interval;
    send_text(c, text, (size_t)snprintf(text, sizeof text, "[null,\"%ld\",\"phoenix\",\"heartbeat\",{}]", c->heartbeat));
}

static void shake(Link *c) {
    ERR_clear_error();
    int done = SSL_connect(c->ssl);
    if (done == 1) { resumed += SSL_session_reused(c->ssl); return request(c); }
    if (!may_wait(c, done)) return lose(c);
    watch(c, SSL_want_write(c->ssl));
}

static void secure(Link *c) {
    char crt[512], pem[512];
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) return lose(c);
    c->state = handshaking;
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->fd);
    if (ticket) { // a copy each, as the library uses a ticket once
        SSL_SESSION *copy = SSL_SESSION_dup(ticket);
        SSL_set_session(c->ssl, copy);
        SSL_SESSION_free(copy);
    }
    if (certificates) {
        snprintf(crt, sizeof crt, "%s/%s-%04d/device.crt", certificates, prefix, first + c->number);
        snprintf(pem, sizeof pem, "%s/%s-%04d/device.key", certificates, prefix, first + c->number);
        if (SSL_use_certificate_chain_file(c->ssl, crt) != 1 || SSL_use_PrivateKey_file(c->ssl, pem, SSL_FILETYPE_PEM) != 1) die(crt);
    }
    shake(c);
}

// ---- what the hub says

static void update(Link *c) {
    char text[128];
    last_us = wall();
    if (!updates++) first_us = last_us;
    if (!c->updated && (c->updated = 1) && ++updated == count) say("pushed");
    if (reports) send_text(c, text, (size_t)snprintf(text, sizeof text, "[\"1\",\"%ld\",\"device\",\"status_update\",{\"status\":\"received\"}]", ++c->ref));
}

static void hear(Link *c, const char *text, size_t length) {
    char expected[24];
    Word words[4], payload;
    if (!frame(text, length, words, &payload)) return;
    int ok = memmem(payload.at, payload.length, "\"ok\"", 4) != NULL;
    if (is(words[3], "update")) return update(c);
    if (!is(words[3], "phx_reply")) return;
    snprintf(expected, sizeof expected, "%ld", c->heartbeat);
    if (c->heartbeat && is(words[2], "phoenix") && is(words[1], expected)) { answered++; c->heartbeat = 0; }
    if (c->state != joining || !is(words[2], "device") || !is(words[1], "1")) return;
    if (!ok) { refused++; return hang_up(c, gone, 0); }
    double time = now();
    took[in++] = time - c->began;
    opening--;
    c->state = joined;
    c->due = time + interval * drand48();
}

// Whether the link goes on: an answer that is no 101 ends it.
static int answer(Link *c, char *head) {
    last_status = atoi(head + 9);
    if (last_status == 101) { join(c); return c->fd >= 0; }
    if (last_status != 429 && last_status != 503) { refused++; hang_up(c, gone, 0); return 0; }
    char *after = strcasestr(head, "\r\nretry-after:");
    shed++; bare += !after;
    hang_up(c, waiting, now() + (after ? atof(after + 14) : 1 + 0.5 * drand48()));
    return 0;
}

// Takes frames (and the head of the answer before them) from what was read; how much of it.
static size_t digest(Link *c, unsigned char *bytes, size_t filled) {
    size_t taken = 0, head, length;
    int op = 0;
    if (c->state == upgrading) {
        bytes[filled] = 0;
        char *end = memmem(bytes, filled, "\r\n\r\n", 4);
        if (!end) return 0;
        *end = 0;
        taken = (size_t)(end + 4 - (char *)bytes);
        if (!answer(c, (char *)bytes)) return 0;
    }
    while (c->fd >= 0 && (head = unframed(bytes + taken, filled - taken, &op, &length))) {
        unsigned char *message = bytes + taken + head, pong[160];
        taken += head + length;
        if (op == op_text) hear(c, (char *)message, length);
        else if (op == op_ping && length < 126) put(c, pong, masked(pong, op_pong, message, length));
        else if (op == op_close) { if (length > 1) last_close = message[0] << 8 | message[1]; lose(c); }
    }
    return taken;
}

static void listen_to(Link *c) {
    static unsigned char bytes[room + 1];
    for (;;) {
        size_t before = c->filled;
        if (before) memcpy(bytes, c->in, before);
        ERR_clear_error();
        int n = SSL_read(c->ssl, bytes + before, (int)(room - before));
        if (n <= 0) { if (!may_wait(c, n)) lose(c); return; }
        size_t filled = before + (size_t)n, taken = digest(c, bytes, filled);
        if (c->fd < 0) return;
        free(c->in); c->in = NULL;
        c->filled = filled - taken;
        if (c->filled == room) return lose(c); // no frame of the hub is so long
        if (c->filled) memcpy(c->in = malloc(c->filled), bytes + taken, c->filled);
    }
}

static void turn(Link *c, unsigned events) {
    if (c->fd < 0) return;
    if (c->state == connecting) return secure(c);
    if (c->state == handshaking) return shake(c);
    if (events & EPOLLOUT) flush(c);
    if (c->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) listen_to(c);
}

// ---- all of them

static int compare(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }

static void say_joined(double from) {
    double seconds = now() - from;
    qsort(took, (size_t)in, sizeof *took, compare);
    printf("{\"phase\":\"join\",\"n\":%d,\"ok\":%d,\"shed\":%ld,\"bare\":%ld,\"dropped\":%ld,\"refused\":%ld,\"status\":%d,\"resumed\":%d,\"seconds\":%.3f,\"per_s\":%.0f,\"median\":%.6f,\"longest\":%.6f}\n",
           count, in, shed, bare, dropped, refused, last_status, resumed, seconds, in / seconds, in ? took[in / 2] : 0, in ? took[in - 1] : 0);
    fflush(stdout);
}

static void start(double from, double time, int *next, double *looked) {
    while (*next < count && opening < together && (!rate || time - from >= *next / rate)) {
        if (resume && !ticket && *next) break; // the first one fetches it
        dial(&all[(*next)++]);
    }
    if (time - *looked < 0.1) return;
    *looked = time;
    for (int i = 0; i < *next; i++) {
        if (all[i].state == waiting && all[i].due <= time && opening < together) dial(&all[i]);
        if (all[i].state == joined && all[i].due <= time) beat(&all[i]);
    }
}

static int fleet(void) {
    double from = now(), looked = 0, end = from + patience;
    int next = 0, done = 0;
    struct epoll_event events[512];
    char line[256];
    queue = epoll_create1(0);
    all = calloc((size_t)count, sizeof *all);
    took = calloc((size_t)count, sizeof *took);
    for (int i = 0; i < count; i++) all[i] = (Link){.fd = -1, .number = i};
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = most};
    epoll_ctl(queue, EPOLL_CTL_ADD, STDIN_FILENO, &input); // not possible with a file: then only the signal asks
    while (!ended && now() < end && !(done && !in)) {
        start(from, now(), &next, &looked);
        int n = epoll_wait(queue, events, 512, done ? 50 : 1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.u32 < most) turn(&all[events[i].data.u32], events[i].events);
            else if (read(STDIN_FILENO, line, sizeof line) > 0) asked = 1;
            else epoll_ctl(queue, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        }
        if (asked) { asked = 0; say("now"); }
        if (!done && in + given_up == count) { done = 1; end = now() + hold; say_joined(from); }
    }
    if (!done) say_joined(from);
    say("end");
    return in == count ? 0 : 1;
}

static void derivations(void) {
    unsigned char derived[32];
    int n = 0;
    clock_t from = clock();
    do derive("nhp_zM9sVtXoNWqCzNWmP6LkVh0qVgAkQm7fTQF1eX2aBcD", "3vYqk2x9Qd8hJm5TnRz7Lw1CfUgBsEoPaIiXyKtVbN0", n++, derived);
    while (clock() - from < CLOCKS_PER_SEC / 2);
    printf("{\"test\":\"key derivation of a shared secret\",\"us\":%.1f}\n", (double)(clock() - from) * 1e6 / CLOCKS_PER_SEC / n);
}

static int keep(SSL *ssl, SSL_SESSION *session) { (void)ssl; if (!ticket) ticket = SSL_SESSION_dup(session); return 0; }

int main(int argc, char **argv) {
    static const struct option options[] = {{"first", 1, 0, 'n'}, {"rate", 1, 0, 'r'}, {"together", 1, 0, 't'}, {"patience", 1, 0, 'w'}, {"hold", 1, 0, 'h'}, {"heartbeat", 1, 0, 'b'}, {"resume", 0, 0, 'm'},
        {"tls12", 0, 0, '2'}, {"report", 0, 0, 's'}, {"certificates", 1, 0, 'c'}, {"uuid", 1, 0, 'u'}, {"product", 1, 0, 'p'}, {"fw-version", 1, 0, 'v'},
        {"platform", 1, 0, 'f'}, {"architecture", 1, 0, 'a'}, {"tool", 1, 0, 'o'}, {0}};
    int option, protocol = TLS1_3_VERSION;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) switch (option) {
        case 'n': first = atoi(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 't': together = atoi(optarg); break;
        case 'w': patience = atoi(optarg); break;
        case 'h': hold = atoi(optarg); break;
        case 'b': interval = atof(optarg); break;
        case 'm': resume = 1; break;
        case '2': protocol = TLS1_2_VERSION; break;
        case 's': reports = 1; break;
        case 'c': certificates = optarg; break;
        case 'u': uuid = optarg; break;
        case 'p': product = optarg; break;
        case 'v': version = optarg; break;
        case 'f': platform = optarg; break;
        case 'a': architecture = optarg; break;
        case 'o': tool = optarg; break;
        default: return 2;
    }
    argv += optind - 1; argc -= optind - 1;
    if (argc == 2 && !strcmp(argv[1], "derive")) { derivations(); return 0; }
    if (argc != 7 || strcmp(argv[1], "join") || (count = atoi(argv[3])) < 1 || count > most || strlen(argv[6]) > 40 || interval < 0.1 || together < 1) {
        fputs("usage: link_load join PORT COUNT KEY SECRET PREFIX [OPTION...] | link_load derive; the head of link_load.c says which\n", stderr);
        return 2;
    }
    port = atoi(argv[2]); key = argv[4]; secret = argv[5]; prefix = argv[6];
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, note); signal(SIGINT, note); signal(SIGUSR1, note);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, protocol);
    SSL_CTX_set_max_proto_version(context, protocol);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, resume ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
    if (resume) SSL_CTX_sess_set_new_cb(context, keep);
    return fleet();
}
