// A fleet of devices of the update protocol, as JSON lines, one for each phase. The generator runs on the same machine: look at the
// server's CPU.
//   mender_load fleet PORT N THREADS OPERATOR_TOKEN PHASE...   PHASE: preauth auth inventory inventory-fresh poll poll-fresh
//   mender_load drain PORT CONNECTIONS BYTES_PER_SECOND PATH   slow downloads of PATH side by side; prints "reading", ends on SIGTERM
// "-fresh" is a new TLS connection for each call, the others keep one a thread.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int port, total, threads, done, good, wanted;
static const char *operator_token, *phase;
static char **tokens, *public_key;
static EVP_PKEY *key;
static SSL_CTX *context;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what) { fprintf(stderr, "mender_load: %s\n", what); exit(1); }

static SSL *dial(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof a)) die("connect");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, s);
    if (SSL_connect(ssl) != 1) die("handshake");
    return ssl;
}

static void hang_up(SSL *ssl) { int s = SSL_get_fd(ssl); SSL_free(ssl); close(s); }

// Sends a request and reads its answer; the status, and the body in `body`.
static int ask(SSL *ssl, const char *request, size_t length, char *body, size_t room) {
    char buffer[65536];
    int filled = 0;
    if (SSL_write(ssl, request, length) != (int)length) die("write");
    for (;;) {
        int n = SSL_read(ssl, buffer + filled, sizeof buffer - 1 - filled);
        if (n <= 0) die("the connection ended");
        filled += n; buffer[filled] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        if (!end) continue;
        char *told = strcasestr(buffer, "content-length:");
        int size = told && told < end ? atoi(told + 15) : 0;
        if (filled < end + 4 - buffer + size) continue;
        if (body) snprintf(body, room, "%.*s", size, end + 4);
        return atoi(buffer + 9);
    }
}

static void escape(char *to, const char *from) {
    for (; *from; from++) { if (*from == '\n') { *to++ = '\\'; *to++ = 'n'; } else *to++ = *from; }
    *to = 0;
}

// The request of a device in the present phase; its length.
static size_t compose(int device, char *request, size_t room) {
    char body[4096], pem[1024], head[2048];
    const char *method = "POST", *path = "/api/devices/v2/deployments/device/deployments/next", *bearer = tokens[device];
    head[0] = 0;
    escape(pem, public_key);
    if (!strcmp(phase, "preauth")) {
        path = "/api/management/v2/devauth/devices"; bearer = operator_token;
        snprintf(body, sizeof body, "{\"identity_data\":{\"serial\":\"load-%07d\"},\"pubkey\":\"%s\"}", device, pem);
    } else if (!strcmp(phase, "auth")) {
        path = "/api/devices/v1/authentication/auth_requests"; bearer = "";
        snprintf(body, sizeof body, "{\"id_data\":\"{\\\"serial\\\":\\\"load-%07d\\\"}\",\"pubkey\":\"%s\"}", device, pem);
        unsigned char signature[64], text[100];
        size_t length = sizeof signature;
        EVP_MD_CTX *signing = EVP_MD_CTX_new();
        if (EVP_DigestSignInit(signing, NULL, NULL, NULL, key) != 1 || EVP_DigestSign(signing, signature, &length, (unsigned char *)body, strlen(body)) != 1) die("sign");
        EVP_MD_CTX_free(signing);
        EVP_EncodeBlock(text, signature, length);
        snprintf(head, sizeof head, "X-MEN-Signature: %s\r\n", text);
    } else if (!strncmp(phase, "inventory", 9)) {
        method = "PUT"; path = "/api/devices/v1/inventory/device/attributes";
        snprintf(body, sizeof body, "[{\"name\":\"device_type\",\"value\":\"qemu\"},{\"name\":\"artifact_name\",\"value\":\"rel-0\"},{\"name\":\"mender_client_version\",\"value\":\"3.4.0\"},"
                 "{\"name\":\"os\",\"value\":\"debian\"},{\"name\":\"mem_total_kB\",\"value\":\"1018440\"},{\"name\":\"ipv4\",\"value\":[\"10.0.0.%d\",\"192.168.1.2\"]},{\"name\":\"serial\",\"value\":\"load-%07d\"}]", device % 250, device);
    } else snprintf(body, sizeof body, "{\"device_provides\":{\"artifact_name\":\"rel-0\",\"device_type\":\"qemu\",\"rootfs-image.version\":\"rel-0\"},\"update_control_map\":true}");
    return snprintf(request, room, "%s %s HTTP/1.1\r\nHost: h\r\nUser-Agent: Go-http-client/1.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%sTransfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
                    method, path, bearer, head, strlen(body), body);
}

static void *work(void *unused) {
    (void)unused;
    int fresh = strstr(phase, "-fresh") != NULL, device;
    SSL *ssl = fresh ? NULL : dial();
    char request[16384], body[4096];
    while ((device = __sync_fetch_and_add(&done, 1)) < total) {
        size_t length = compose(device, request, sizeof request);
        if (fresh) ssl = dial();
        if (ask(ssl, request, length, body, sizeof body) == wanted) __sync_fetch_and_add(&good, 1);
        if (!strcmp(phase, "auth")) tokens[device] = strdup(body);
        if (fresh) hang_up(ssl);
    }
    if (!fresh) hang_up(ssl);
    return NULL;
}

static int fleet(char **phases) {
    int failed = 0;
    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(memory, key);
    char *text;
    long length = BIO_get_mem_data(memory, &text);
    public_key = strndup(text, length);
    tokens = calloc(total, sizeof *tokens);
    for (; *phases; phases++) {
        phase = *phases; done = good = 0;
        wanted = !strcmp(phase, "preauth") ? 201 : !strncmp(phase, "poll", 4) ? 204 : 200;
        pthread_t all[256];
        double from = now();
        for (int i = 0; i < threads; i++) pthread_create(&all[i], NULL, work, NULL);
        for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
        printf("{\"phase\":\"%s\",\"n\":%d,\"ok\":%d,\"per_s\":%.0f}\n", phase, total, good, total / (now() - from));
        fflush(stdout);
        failed |= good != total;
    }
    return failed;
}

static void drain(int rate, const char *path) {
    struct rlimit most = {100000, 100000};
    setrlimit(RLIMIT_NOFILE, &most);
    SSL **all = calloc(total, sizeof *all);
    char request[4096], *part = malloc(rate);
    size_t length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    for (int i = 0; i < total; i++) {
        all[i] = dial();
        if (SSL_write(all[i], request, length) != (int)length || SSL_read(all[i], part, 12) <= 0 || memcmp(part + 9, "200", 3)) die("the download was refused");
    }
    printf("reading\n"); fflush(stdout);
    for (;;) {
        for (int i = 0; i < total; i++) if (all[i] && SSL_read(all[i], part, rate) <= 0) { hang_up(all[i]); all[i] = NULL; }
        sleep(1);
    }
}

int main(int argc, char **argv) {
    if (argc < 6) die("usage: fleet PORT N THREADS OPERATOR_TOKEN PHASE... | drain PORT CONNECTIONS BYTES_PER_SECOND PATH");
    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_client_method());
    port = atoi(argv[2]); total = atoi(argv[3]);
    if (!strcmp(argv[1], "drain")) drain(atoi(argv[4]), argv[5]);
    threads = atoi(argv[4]); operator_token = argv[5];
    return fleet(argv + 6);
}
