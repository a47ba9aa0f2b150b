/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-protocol.c: what decoding a telegram costs, against one checksum pass over the same bytes in the same run. */
#include "telegrams.h"

#include <cli/decode-json.h>
#include <host/mgh-readout.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS      101u
#define ROUND_BYTES 400000u

typedef struct {
    GPtrArray *frames; /* GBytes */
    gsize n_bytes;
    guint n_records;
    guint repeats;
    GString *json;
} Load;

typedef guint64 (*Pass) (void);

static gint64 now_ns (void)
{
    struct timespec t;

    clock_gettime (CLOCK_MONOTONIC, &t);
    return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}

static Load load;

static void load_add (const char *name, const guint8 *bytes, gsize len)
{
    EnRecord records[MBUS_RECORDS_MAX];
    MbusTelegram telegram;
    EnReader reader;
    MbusFrame frame;

    if (mbus_frame_parse (bytes, len, &frame) != MBUS_OK || mbus_telegram_parse (&frame, &telegram) != MBUS_OK ||
        telegram.kind != MBUS_RECORDS)
        return;
    load.n_records += mbus_telegram_read (&telegram, &reader, records, G_N_ELEMENTS (records));
    load.n_bytes += len;
    g_ptr_array_add (load.frames, g_bytes_new (bytes, len));
}

static guint64 pass_checksum (void)
{
    guint64 all = 0;

    for (guint i = 0; i < load.frames->len; i++) {
        gsize len;
        const guint8 *p = g_bytes_get_data (load.frames->pdata[i], &len);
        guint8 sum = 0;

        for (gsize k = 0; k < len; k++)
            sum = (guint8) (sum + p[k]);
        all += sum;
    }
    return all;
}

static guint64 pass_records (void)
{
    static EnRecord records[MBUS_RECORDS_MAX];
    guint64 all = 0;

    for (guint i = 0; i < load.frames->len; i++) {
        gsize len;
        const guint8 *p = g_bytes_get_data (load.frames->pdata[i], &len);
        MbusTelegram telegram;
        EnReader reader;
        MbusFrame frame;

        if (mbus_frame_parse (p, len, &frame) == MBUS_OK && mbus_telegram_parse (&frame, &telegram) == MBUS_OK)
            all += mbus_telegram_read (&telegram, &reader, records, G_N_ELEMENTS (records));
    }
    return all;
}

static MgReadout *one_readout (guint i)
{
    gsize len;
    const guint8 *p = g_bytes_get_data (load.frames->pdata[i], &len);
    MgReadout *readout = mg_readout_new (NULL);
    char message[256];

    mbus_readout_add (readout, p, len, NULL, message, sizeof message);
    mgh_readout_finish (readout);
    return readout;
}

static guint64 pass_readout (void)
{
    guint64 all = 0;

    for (guint i = 0; i < load.frames->len; i++) {
        g_autoptr (MgReadout) readout = one_readout (i);

        all += mgh_readout_get_n (readout);
    }
    return all;
}

static guint64 pass_json (void)
{
    guint64 all = 0;

    for (guint i = 0; i < load.frames->len; i++) {
        g_autoptr (MgReadout) readout = one_readout (i);
        CliTelegram telegram = { .line = i, .readout = readout, .access = 1 };

        g_string_truncate (load.json, 0);
        cli_decode_json (load.json, &telegram);
        all += load.json->len;
    }
    return all;
}

static gint by_size (gconstpointer a, gconstpointer b)
{
    gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

    return x < y ? -1 : x > y;
}

static gdouble median (const gdouble *values)
{
    gdouble sorted[ROUNDS];

    memcpy (sorted, values, sizeof sorted);
    qsort (sorted, ROUNDS, sizeof sorted[0], by_size);
    return sorted[ROUNDS / 2];
}

/* The ratio is the median of those of each round: what else the machine does hits both sides of a round. */
static void print_row (const char *name, const gdouble *ours, const gdouble *checksum)
{
    gdouble ratios[ROUNDS];

    for (guint r = 0; r < ROUNDS; r++)
        ratios[r] = ours[r] / checksum[r];
    printf ("%s\t%.0f\tchecksum pass\t%.0f\t%.2f\n", name, median (ours), median (checksum), median (ratios));
}

/* of our own only those of the size that meters send */
static void load_add_typical (const char *name, const guint8 *bytes, gsize len)
{
    if (len >= 90)
        load_add (name, bytes, len);
}

/* The wired telegrams of the corpus, each once; without it those of our tests. */
int main (void)
{
    static const Pass passes[] = { pass_checksum, pass_records, pass_readout, pass_json };
    static const char *const names[] = { NULL, "mbus: frame to records", "mbus: frame to readout",
                                         "mbus: frame to JSON" };
    gdouble ns[G_N_ELEMENTS (passes)][ROUNDS];
    volatile guint64 sink = 0;

    load.frames = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
    load.json = g_string_new (NULL);
    if (!telegrams_corpus (load_add) || load.frames->len == 0)
        telegrams_own (load_add_typical);
    load.repeats = (guint) (ROUND_BYTES / load.n_bytes) + 1;
    for (guint r = 0; r < ROUNDS; r++)
        for (guint p = 0; p < G_N_ELEMENTS (passes); p++) {
            guint repeats = p < 2 ? load.repeats : load.repeats / 10 + 1;
            gint64 start = now_ns ();

            for (guint k = 0; k < repeats; k++)
                sink += passes[p]();
            ns[p][r] = (gdouble) (now_ns () - start) / ((gdouble) repeats * load.frames->len);
        }
    fprintf (stderr, "%u frames of %.0f bytes and %.1f records\n", load.frames->len,
             (gdouble) load.n_bytes / load.frames->len, (gdouble) load.n_records / load.frames->len);
    for (guint p = 1; p < G_N_ELEMENTS (passes); p++)
        print_row (names[p], ns[p], ns[0]);
    g_ptr_array_unref (load.frames);
    g_string_free (load.json, TRUE);
    return 0;
}
