/* What compiled programs do, in small pieces.
 *
 * Each piece returns a checksum; main returns 0 if all are right, so the guest checks the machine.
 * -DROUNDS=n makes it n times as long; -DPIECES=mask leaves pieces out. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef PIECES
#define PIECES 0xff
#endif

static u32 seed = 12345;

static u32 next(void)
{
    seed = seed * 1103515245u + 12345u;
    return seed >> 8;
}

/* Sieve of Eratosthenes: bytes in memory, a strided inner loop. */

static u8 composite[32768];

static __attribute__((noinline)) int sieve(void)
{
    int count = 0;
    for (int i = 0; i < 32768; i++)
        composite[i] = 0;
    for (int i = 2; i < 32768; i++) {
        if (composite[i])
            continue;
        count++;
        for (int j = i + i; j < 32768; j += i)
            composite[j] = 1;
    }
    return count;
}

/* Product of two matrices of int. */

#define N 32
static int a[N][N], b[N][N], c[N][N];

static __attribute__((noinline)) int matrix(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = i + j;
            b[i][j] = i - j;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int sum = 0;
            for (int k = 0; k < N; k++)
                sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    int trace = 0;
    for (int i = 0; i < N; i++)
        trace += c[i][i] ^ i;
    return trace;
}

/* Quicksort: recursion, branches that cannot be foretold. */

static int numbers[4096];

static __attribute__((noinline)) void quicksort(int *low, int *high)
{
    while (low < high) {
        int pivot = low[(high - low) / 2];
        int *i = low, *j = high;
        while (i <= j) {
            while (*i < pivot)
                i++;
            while (*j > pivot)
                j--;
            if (i <= j) {
                int swapped = *i;
                *i++ = *j;
                *j-- = swapped;
            }
        }
        if (j - low < high - i) {
            quicksort(low, j);
            low = i;
        } else {
            quicksort(i, high);
            high = j;
        }
    }
}

static __attribute__((noinline)) int sort(void)
{
    for (int i = 0; i < 4096; i++)
        numbers[i] = next() & 0xffff;
    quicksort(numbers, numbers + 4095);
    int wrong = 0;
    for (int i = 1; i < 4096; i++)
        wrong += numbers[i - 1] > numbers[i];
    return wrong;
}

/* SHA-256 of 4 KiB that the sieve has left: shifts and sums of 32-bit words. */

static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 rotate(u32 x, int n)
{
    return x >> n | x << (32 - n);
}

static __attribute__((noinline)) void block(u32 *h, const u8 *p)
{
    u32 w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (u32)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        u32 s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    u32 s[8];
    for (int i = 0; i < 8; i++)
        s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        u32 t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25))
                 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
        u32 t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22))
                 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; j--)
            s[j] = s[j - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

static __attribute__((noinline)) u32 sha256(void)
{
    u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (int i = 0; i < 32768; i += 4096)
        for (int j = 0; j < 512; j += 64)
            block(h, composite + i + j);
    return h[0];
}

/* Strings: copies, lengths and comparisons, byte by byte. */

static char text[2048], copy[2048];

static __attribute__((noinline)) u64 length(const char *s)
{
    const char *end = s;
    while (*end)
        end++;
    return end - s;
}

static __attribute__((noinline)) int compare(const char *p, const char *q)
{
    while (*p && *p == *q)
        p++, q++;
    return (u8)*p - (u8)*q;
}

static __attribute__((noinline)) int strings(void)
{
    for (int i = 0; i < 2047; i++)
        text[i] = 'a' + i % 26;
    int sum = 0;
    for (int i = 0; i < 16; i++) {
        char *to = copy;
        for (const char *from = text + i; (*to++ = *from++);)
            ;
        sum += length(copy);
        sum += compare(text + i, copy);
    }
    return sum;
}

/* A linked list, in an order that is not that of memory. */

static struct node {
    struct node *next;
    u64 value;
} nodes[1024];

static __attribute__((noinline)) u64 list(void)
{
    for (int i = 0; i < 1024; i++) {
        nodes[i].next = &nodes[(i * 389 + 1) & 1023];
        nodes[i].value = i;
    }
    u64 sum = 0;
    struct node *at = nodes;
    for (int i = 0; i < 8192; i++) {
        sum = sum * 3 + at->value;
        at = at->next;
    }
    return sum;
}

/* Naive Fibonacci: calls. */

static __attribute__((noinline)) int fibonacci(int n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/* A small interpreter: an indirect jump for each of its instructions. */

static __attribute__((noinline)) u64 interpret(void)
{
    enum { ADD, MULTIPLY, MIX, ROTATE, LOAD, STORE, LOOP, END };
    static const u8 program[] = {LOAD, ADD, MULTIPLY, MIX, STORE, ROTATE, ADD, MIX, LOOP, END};
    u64 value = 1, memory = 0, left = 1000;
    for (u32 at = 0;; at++)
        switch (program[at]) {
        case ADD:
            value += 0x9e3779b9;
            break;
        case MULTIPLY:
            value *= 25214903917ul;
            break;
        case MIX:
            value ^= value >> 17;
            break;
        case ROTATE:
            value = value << 7 | value >> 57;
            break;
        case LOAD:
            value += memory;
            break;
        case STORE:
            memory = value;
            break;
        case LOOP:
            if (--left)
                at = -1;
            break;
        case END:
            return value;
        }
}

int main(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        /* Or the compiler calls a piece only once that would give the same again. */
        __asm__ volatile("" : : "r"(composite) : "memory");
        if (PIECES & 1 && sieve() != 3512)
            return 1;
        if (PIECES & 2 && matrix() != -16)
            return 2;
        if (PIECES & 4 && sort() != 0)
            return 3;
        if (PIECES & 8 && sha256() != (PIECES & 1 ? 0x6f8e060a : 0x94a6fc34))
            return 4;
        if (PIECES & 16 && strings() != 32632)
            return 5;
        if (PIECES & 32 && list() != 0xf019e347ba6f9000)
            return 6;
        if (PIECES & 64 && fibonacci(16) != 987)
            return 7;
        if (PIECES & 128 && interpret() != 0x6a24084ce6f24805)
            return 8;
    }
    return 0;
}
