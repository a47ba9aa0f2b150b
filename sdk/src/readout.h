/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readout.h: how a readout is laid out, and what only the neighbours within the library need of it. */
#pragma once

#include <metergate.h>

enum {
    READOUT_PAGE = 8,     /* readings that stand together; a page never moves */
    READOUT_FEW_PAGES = 8 /* for so many there is room in the readout itself */
};

struct _MgReading {
    MgValue value, device_time;
    const MgReadout *readout;
    const char *key;          /* NULL: stored */
    const MgMeaning *meaning; /* NULL: stored */
    const guint8 *raw;
    guint32 raw_len, raw_head_len;
    guint32 quality;
    guint32 hash; /* of the key */
};

typedef struct _ReadoutBlock ReadoutBlock;
struct _ReadoutBlock {
    ReadoutBlock *next;
};

struct _MgReadout {
    gint refs;
    guint n;
    gboolean finished;
    guint32 kind, status;
    gint64 seq, at_ms, due_ms;
    MgDevice *device;
    const MgIdentity *identity;
    MgValue clock, backfill;
    GError *error;
    GBytes *frame;
    const MgMeaning *last; /* most strings of a meaning are those of the one before */
    MgReading **pages;     /* few_pages, or in the arena */
    guint n_pages, page_room;
    MgReading *few_pages[READOUT_FEW_PAGES];
    guint8 *free_at, *free_end; /* of the arena */
    gsize next_size;
    ReadoutBlock *more;
    guint8 first[] __attribute__ ((aligned (16)));
};

static inline MgReading *readout_slot (const MgReadout *r, guint i)
{
    return &r->pages[i / READOUT_PAGE][i % READOUT_PAGE];
}

/* Several references at once: one atomic step for all points of a meter that came in one readout. */
void readout_ref_many (const MgReadout *r, guint n);
void readout_unref_many (const MgReadout *r, guint n);

/* Full, finished: the same without keys, meanings and identity, in one piece of just the size that is needed. What
 * lives long, the last value of each point, takes a third of the memory so. */
MgReadout *readout_without_meaning (const MgReadout *r);
