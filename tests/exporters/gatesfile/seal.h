/* What both programs that damage files share. */

#include <stddef.h>
#include <stdint.h>

static uint32_t crc32(const unsigned char *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (; size; size--) {
        int k;
        crc ^= *data++;
        for (k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* Size and checksum made right again, so that what lies behind them is what is tested. */
static void seal(uint32_t *words, uint32_t n)
{
    words[2] = 4 * n;
    words[3] = crc32((const unsigned char *)(words + 4), 4 * (size_t)n - 16);
}
