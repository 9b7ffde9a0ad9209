// The wire of the live device link as link_load.c speaks it: signatures of shared secrets (docs/protocols/device-link.md 3.1), masked
// WebSocket frames, and the five elements of a Phoenix frame (section 4).
#pragma once
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { op_more = 0, op_text = 1, op_close = 8, op_ping = 9, op_pong = 10 };

// ---- signature

static size_t base64url(char *to, const unsigned char *from, size_t length) {
    size_t n = EVP_EncodeBlock((unsigned char *)to, from, (int)length);
    while (n && to[n - 1] == '=') n--;
    for (size_t i = 0; i < n; i++) to[i] = to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i];
    to[n] = 0;
    return n;
}

static const char algorithm[] = "NH1-HMAC-sha256-1000-32";

static void derive(const char *key, const char *secret, long seconds, unsigned char derived[32]) {
    char salt[512];
    int n = snprintf(salt, sizeof salt, "NH1:device-socket:shared-secret:connect\n\nx-nh-alg=%s\nx-nh-key=%s\nx-nh-time=%ld\n", algorithm, key, seconds);
    PKCS5_PBKDF2_HMAC(secret, (int)strlen(secret), (unsigned char *)salt, n, 1000, EVP_sha256(), 32, derived);
}

// The four fields of a request's head; their length. The devices of one product share the derived key of a second, so that the
// generator pays once for what the hub pays for each.
static size_t sign(char *to, size_t room, const char *key, const char *secret, const char *identifier, long seconds) {
    static unsigned char derived[32];
    static long derived_at = -1;
    unsigned char payload[128] = {0x83, 0x68, 3, 0x6d}, mac[32], *end = payload + 4;
    size_t length = strlen(identifier);
    char head[256], tail[64];
    if (derived_at != seconds) derive(key, secret, derived_at = seconds, derived);
    for (int i = 3; i >= 0; i--) *end++ = (unsigned char)(length >> 8 * i);
    memcpy(end, identifier, length); end += length;
    unsigned char *count = end + 1;
    *end++ = 0x6e; *end++ = 0; *end++ = 0;
    for (uint64_t left = (uint64_t)seconds * 1000; left; left >>= 8) { *end++ = (unsigned char)left; ++*count; }
    memcpy(end, "\x62\x00\x01\x51\x80", 5); end += 5;
    memcpy(head, "SFMyNTY.", 8);
    base64url(head + 8, payload, (size_t)(end - payload));
    HMAC(EVP_sha256(), derived, 32, (unsigned char *)head, strlen(head), mac, NULL);
    base64url(tail, mac, sizeof mac);
    return (size_t)snprintf(to, room, "x-nh-alg: %s\r\nx-nh-key: %s\r\nx-nh-time: %ld\r\nx-nh-signature: %s.%s\r\n", algorithm, key, seconds, head, tail);
}

// ---- WebSocket

// A masked frame; its length. There must be room for 8 bytes more than the message.
static size_t masked(unsigned char *to, int op, const void *message, size_t length) {
    static uint32_t random = 2463534242;
    random ^= random << 13; random ^= random >> 17; random ^= random << 5;
    unsigned char *end = to;
    *end++ = (unsigned char)(0x80 | op);
    if (length < 126) *end++ = (unsigned char)(0x80 | length);
    else { *end++ = 0x80 | 126; *end++ = (unsigned char)(length >> 8); *end++ = (unsigned char)length; }
    unsigned char *mask = end;
    memcpy(mask, &random, 4); end += 4;
    for (size_t i = 0; i < length; i++) *end++ = ((const unsigned char *)message)[i] ^ mask[i % 4];
    return (size_t)(end - to);
}

// Where the message of the frame at `bytes` begins, 0 while the frame is not whole.
static size_t unframed(const unsigned char *bytes, size_t filled, int *op, size_t *length) {
    if (filled < 2) return 0;
    size_t head = 2, size = bytes[1] & 0x7f, more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (filled < head + more) return 0;
    if (more) size = 0;
    for (size_t i = 0; i < more; i++) size = size << 8 | bytes[head + i];
    head += more;
    if (filled - head < size) return 0;
    *op = bytes[0] & 15; *length = size;
    return head;
}

// ---- Phoenix

typedef struct { const char *at; size_t length; } Word; // text within quotes, or null: no place

// Reads the first four elements of a frame; what is left is the payload. 0 when it is none.
static int frame(const char *text, size_t length, Word words[4], Word *payload) {
    const char *end = text + length, *at = text;
    while (at < end && *at != '[') at++;
    if (at++ >= end) return 0;
    for (int i = 0; i < 4; i++) {
        while (at < end && (*at == ' ' || *at == ',')) at++;
        if (at >= end) return 0;
        words[i] = (Word){NULL, 0};
        if (*at == '"') {
            const char *close = memchr(at + 1, '"', (size_t)(end - at - 1)); // topics, events and references have no escapes
            if (!close) return 0;
            words[i] = (Word){at + 1, (size_t)(close - at - 1)};
            at = close + 1;
        } else while (at < end && *at != ',') at++;
    }
    *payload = (Word){at, (size_t)(end - at)};
    return at < end;
}

static int is(Word word, const char *text) { return word.at && word.length == strlen(text) && !memcmp(word.at, text, word.length); }
