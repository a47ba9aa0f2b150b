/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-protocol.c: what decoding a telegram costs, against one checksum pass over the same bytes in the same run. */
#include <host/mgh-readout.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "protocol.h"

#define ROUNDS 31u

typedef struct {
    GPtrArray *frames; /* GBytes */
    gsize n_bytes;
    guint n_records;
} Load;

/* Without a corpus: telegrams of our own, of the sizes and kinds that meters send. */
static const char *const own_frames[] = {
    "0C78785634120406E7910000142CDB000000042D0000000004220A0400000459B9270000045D081200000461B1150000043B1F020000143B74020000"
    "04841006000000000C14123456004C1412345600426C5F1C046D1A2E6511",
    "0C06785634128C10065634120002FD48E60003FD5901000002FB2DF401046D1A2E6511052E0000C0400FAABBCCDD",
    "0DFD0C06656C706D617302FD170000025A100202 5E0001".
    "",
};

static gint64 now_ns (void)
{
    struct timespec t;

    clock_gettime (CLOCK_MONOTONIC, &t);
    return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}
