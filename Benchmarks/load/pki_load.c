// Load for EST, OCSP and open connections, as JSON lines. The generator runs on the same machine: look at the server's CPU.
//   pki_load est  PORT N THREADS PREFIX SECRET      devices PREFIX-0000001... with one secret, one kept TLS connection a thread
//   pki_load ocsp PORT N THREADS CA.pem CERT.pem [nonce]   OCSP over plain HTTP, kept connections
//   pki_load hold PORT N CERT.pem KEY.pem           opens N mutual TLS connections, prints "held", waits until all were closed
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int port, total, threads;
static char **bodies;
static const char *target, *type, *prefix, *secret;
static int with_tls, done, good;
static SSL_CTX *context;

static double now(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what) { fprintf(stderr, "pki_load: %s\n", what); exit(1); }

static int dial(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof a)) die("connect");
    int yes = 1;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return s;
}

static char *base64(const unsigned char *der, int length) {
    char *text = malloc(length * 4 / 3 + 8);
    EVP_EncodeBlock((unsigned char *)text, der, length);
    return text;
}

static char *request_of(int number) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_REQ *request = X509_REQ_new();
    char name[80];
    snprintf(name, sizeof name, "%s-%07d", prefix, number);
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8, (unsigned char *)name, -1, -1, 0);
    X509_REQ_set_pubkey(request, key);
    X509_REQ_sign(request, key, EVP_sha256());
    unsigned char *der = NULL;
    int length = i2d_X509_REQ(request, &der);
    char *text = base64(der, length), *whole, plain[300];
    snprintf(plain, sizeof plain, "%s:%s", name, secret);
    char *password = base64((unsigned char *)plain, strlen(plain));
    if (asprintf(&whole, "POST %s HTTP/1.1\r\nHost: h\r\nUser-Agent: pki_load\r\nAuthorization: Basic %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
                 target, password, type, strlen(text), text) < 0) die("memory");
    EVP_PKEY_free(key); X509_REQ_free(request); OPENSSL_free(der); free(text); free(password);
    return whole;
}

static int write_all(SSL *ssl, int s, const char *bytes, size_t length) {
    while (length) {
        int n = ssl ? SSL_write(ssl, bytes, length) : write(s, bytes, length);
        if (n <= 0) return 0;
        bytes += n; length -= n;
    }
    return 1;
}

// Reads one answer with Content-Length or chunks; its status.
static int answer(SSL *ssl, int s) {
    static __thread char buffer[65536];
    int filled = 0, status = 0;
    for (;;) {
        int n = ssl ? SSL_read(ssl, buffer + filled, sizeof buffer - 1 - filled) : read(s, buffer + filled, sizeof buffer - 1 - filled);
        if (n <= 0) return 0;
        filled += n; buffer[filled] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        if (!end) continue;
        status = atoi(buffer + 9);
        char *length = strcasestr(buffer, "content-length:");
        if (length && length < end) { if (filled >= end + 4 - buffer + atoi(length + 15)) return status; }
        else if (memmem(end, filled - (end - buffer), "0\r\n\r\n", 5)) return status;
    }
}

static void *work(void *unused) {
    (void)unused;
    int s = dial();
    SSL *ssl = NULL;
    if (with_tls) { ssl = SSL_new(context); SSL_set_fd(ssl, s); if (SSL_connect(ssl) != 1) die("handshake"); }
    int number;
    while ((number = __sync_fetch_and_add(&done, 1)) < total) {
        char *body = bodies[number];
        size_t length = strlen(body);
        if (body[0] == 'O') length = *(size_t *)(body + 1), body += 1 + sizeof(size_t);
        if (!write_all(ssl, s, body, length)) die("write");
        if (answer(ssl, s) == 200) __sync_fetch_and_add(&good, 1);
    }
    if (ssl) SSL_free(ssl);
    close(s);
    return NULL;
}

static void run(const char *phase) {
    pthread_t all[256];
    double from = now();
    for (int i = 0; i < threads; i++) pthread_create(&all[i], NULL, work, NULL);
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
    double wall = now() - from;
    printf("{\"phase\":\"%s\",\"n\":%d,\"ok\":%d,\"per_s\":%.0f}\n", phase, total, good, total / wall);
}

static X509 *certificate(const char *file) {
    FILE *f = fopen(file, "r");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (!x) die(file);
    fclose(f);
    return x;
}

static void ocsp(const char *ca, const char *leaf, int nonce) {
    X509 *issuer = certificate(ca), *x = certificate(leaf);
    for (int i = 0; i < total; i++) {
        OCSP_REQUEST *request = OCSP_REQUEST_new();
        OCSP_request_add0_id(request, OCSP_cert_to_id(NULL, x, issuer));
        if (nonce) OCSP_request_add1_nonce(request, NULL, 16);
        unsigned char *der = NULL;
        int length = i2d_OCSP_REQUEST(request, &der);
        char head[200];
        size_t h = snprintf(head, sizeof head, "POST /pki/ocsp HTTP/1.1\r\nHost: h\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n", length), all = h + length;
        bodies[i] = malloc(1 + sizeof all + all);
        bodies[i][0] = 'O';
        memcpy(bodies[i] + 1, &all, sizeof all);
        memcpy(bodies[i] + 1 + sizeof all, head, h);
        memcpy(bodies[i] + 1 + sizeof all + h, der, length);
        OPENSSL_free(der); OCSP_REQUEST_free(request);
    }
}

static void hold(const char *cert, const char *key) {
    struct rlimit most = {100000, 100000};
    setrlimit(RLIMIT_NOFILE, &most);
    if (SSL_CTX_use_certificate_file(context, cert, SSL_FILETYPE_PEM) != 1 || SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) die("certificate");
    // epoll, not poll: to look through ten thousand connections for each one that ends would be what is measured.
    int watch = epoll_create1(0);
    const char *ask = "GET /idprov/directory HTTP/1.1\r\nHost: h\r\n\r\n";
    for (int i = 0; i < total; i++) {
        SSL *ssl = SSL_new(context);
        int s = dial();
        SSL_set_fd(ssl, s);
        if (SSL_connect(ssl) != 1 || !write_all(ssl, s, ask, strlen(ask)) || answer(ssl, s) != 200) die("connection refused");
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = s};
        if (epoll_ctl(watch, EPOLL_CTL_ADD, s, &event)) die("epoll");
    }
    printf("held\n"); fflush(stdout);
    int open = total;
    double last = 0;
    struct epoll_event events[512];
    for (int n; open && (n = epoll_wait(watch, events, 512, 30000)) > 0;)
        for (int i = 0; i < n; i++) {
            char bytes[4096];
            if (read(events[i].data.fd, bytes, sizeof bytes) > 0) continue;
            close(events[i].data.fd); open--; last = now();
        }
    printf("%d closed, last at %.6f\n", total - open, last);
}

int main(int argc, char **argv) {
    if (argc < 6) die("usage: est PORT N THREADS PREFIX SECRET | ocsp PORT N THREADS CA CERT [nonce] | hold PORT N CERT KEY");
    signal(SIGPIPE, SIG_IGN);
    port = atoi(argv[2]); total = atoi(argv[3]);
    bodies = calloc(total, sizeof *bodies);
    context = SSL_CTX_new(TLS_client_method());
    if (!strcmp(argv[1], "hold")) { hold(argv[4], argv[5]); return 0; }
    threads = atoi(argv[4]);
    if (!strcmp(argv[1], "est")) {
        with_tls = 1; prefix = argv[5]; secret = argv[6];
        target = "/.well-known/est/simpleenroll"; type = "application/pkcs10";
        for (int i = 0; i < total; i++) bodies[i] = request_of(i + 1);
    } else ocsp(argv[5], argv[6], argc > 7);
    run(argv[1]);
    return good == total ? 0 : 1;
}
