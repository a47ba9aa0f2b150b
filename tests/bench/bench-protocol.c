/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-protocol.c: what decoding a telegram costs, against one checksum pass over the same bytes in the same run. */
#include "protocol.h"

#include <cli/decode-json.h>
#include <host/mgh-readout.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS      41u
#define ROUND_BYTES 400000u

typedef struct {
    GPtrArray *frames; /* GBytes */
    gsize n_bytes;
    guint n_records;
    guint repeats;
    GString *json;
} Load;

typedef guint64 (*Pass) (Load *load);

/* Without the corpus: records of our own in the mixture that meters send. */
static const char *const own_records[] = {
    "0C78785634120406E7910000142CDB000000042D000000000422D90300000459B9270000045D081200000461B1150000043B1F020000"
    "143B740200000484100600000000046D1A2E65114406518200004414B2C3000054 2D26020000426C5F1C0F00000000E7E4",
    "0C06785634128C10065634120002FD48E60003FD5901000002FB2DF401046D1A2E6511052E0000C0400FAABBCCDD",
    "0DFD0C06656C706D617302FD170000025A100202FC034852 2574D411426CFE044C1412345600CC20141234560004931500000000",
    "0413010000000425020000000A5A34020A5E12020B61563412 0C14785634121F",
};

static gint64 now_ns (void)
{
    struct timespec t;

    clock_gettime (CLOCK_MONOTONIC, &t);
    return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}

static gsize from_hex (const char *text, guint8 *bytes, gsize max)
{
    gsize digits = 0;

    for (; *text != '\0' && digits < 2 * max; text++)
        if (g_ascii_isxdigit (*text)) {
            guint8 high = digits % 2 ? (guint8) (bytes[digits / 2] << 4) : 0;

            bytes[digits / 2] = (guint8) (high | g_ascii_xdigit_value (*text));
            digits++;
        }
    return digits / 2;
}

static void load_add (Load *load, const guint8 *bytes, gsize len)
{
    EnRecord records[MBUS_RECORDS_MAX];
    MbusTelegram telegram;
    EnReader reader;
    MbusFrame frame;

    if (mbus_frame_parse (bytes, len, &frame) != MBUS_OK || mbus_telegram_parse (&frame, &telegram) != MBUS_OK ||
        telegram.kind != MBUS_RECORDS)
        return;
    load->n_records += mbus_telegram_read (&telegram, &reader, records, G_N_ELEMENTS (records));
    load->n_bytes += len;
    g_ptr_array_add (load->frames, g_bytes_new (bytes, len));
}

/* The wired telegrams of the corpus, each once. */
static gboolean load_corpus (Load *load)
{
    const char *path = g_getenv ("METERGATE_CORPUS");
    g_autoptr (GDir) dir = g_dir_open (path != NULL ? path : "../shared/corpus", 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *file = g_build_filename (path != NULL ? path : "../shared/corpus", name, NULL);
        g_autofree char *text = NULL;
        guint8 bytes[MBUS_FRAME_MAX];

        if (g_str_has_prefix (name, "mbus__") && g_str_has_suffix (name, ".hex") &&
            g_file_get_contents (file, &text, NULL, NULL))
            load_add (load, bytes, from_hex (strtok (text, "\r\n"), bytes, sizeof bytes));
    }
    return load->frames->len > 0;
}

static void load_own (Load *load)
{
    for (guint i = 0; i < G_N_ELEMENTS (own_records); i++) {
        guint8 data[252] = { 0x78, 0x56, 0x34, 0x12, 0x24, 0x40, 1, 4, (guint8) i, 0, 0, 0 }, frame[MBUS_FRAME_MAX];
        gsize len = 12 + from_hex (own_records[i], data + 12, sizeof data - 12);

        load_add (load, frame, mbus_frame_write_long (frame, 0x08, 1, 0x72, data, len));
    }
}

static guint64 pass_checksum (Load *load)
{
    guint64 all = 0;

    for (guint i = 0; i < load->frames->len; i++) {
        gsize len;
        const guint8 *p = g_bytes_get_data (load->frames->pdata[i], &len);
        guint8 sum = 0;

        for (gsize k = 0; k < len; k++)
            sum = (guint8) (sum + p[k]);
        all += sum;
    }
    return all;
}

static guint64 pass_records (Load *load)
{
    static EnRecord records[MBUS_RECORDS_MAX];
    guint64 all = 0;

    for (guint i = 0; i < load->frames->len; i++) {
        gsize len;
        const guint8 *p = g_bytes_get_data (load->frames->pdata[i], &len);
        MbusTelegram telegram;
        EnReader reader;
        MbusFrame frame;

        if (mbus_frame_parse (p, len, &frame) == MBUS_OK && mbus_telegram_parse (&frame, &telegram) == MBUS_OK)
            all += mbus_telegram_read (&telegram, &reader, records, G_N_ELEMENTS (records));
    }
    return all;
}

static MgReadout *one_readout (Load *load, guint i)
{
    gsize len;
    const guint8 *p = g_bytes_get_data (load->frames->pdata[i], &len);
    MgReadout *readout = mg_readout_new (NULL);
    char message[256];

    mbus_readout_add (readout, p, len, NULL, message, sizeof message);
    mgh_readout_finish (readout);
    return readout;
}

static guint64 pass_readout (Load *load)
{
    guint64 all = 0;

    for (guint i = 0; i < load->frames->len; i++) {
        g_autoptr (MgReadout) readout = one_readout (load, i);

        all += mgh_readout_get_n (readout);
    }
    return all;
}

static guint64 pass_json (Load *load)
{
    guint64 all = 0;

    for (guint i = 0; i < load->frames->len; i++) {
        g_autoptr (MgReadout) readout = one_readout (load, i);
        CliTelegram telegram = { .line = i, .readout = readout, .access = 1 };

        g_string_truncate (load->json, 0);
        cli_decode_json (load->json, &telegram);
        all += load->json->len;
    }
    return all;
}

static gint by_size (gconstpointer a, gconstpointer b)
{
    gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

    return x < y ? -1 : x > y;
}

int main (void)
{
    static const Pass passes[] = { pass_checksum, pass_records, pass_readout, pass_json };
    static const char *const names[] = { NULL, "mbus: frame to records", "mbus: frame to readout",
                                         "mbus: frame to JSON" };
    gdouble ns[G_N_ELEMENTS (passes)][ROUNDS];
    Load load = { .frames = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref),
                  .json = g_string_new (NULL) };
    volatile guint64 sink = 0;

    if (!load_corpus (&load))
        load_own (&load);
    load.repeats = (guint) (ROUND_BYTES / load.n_bytes) + 1;
    for (guint r = 0; r < ROUNDS; r++)
        for (guint p = 0; p < G_N_ELEMENTS (passes); p++) {
            guint repeats = p < 2 ? load.repeats : load.repeats / 10 + 1;
            gint64 start = now_ns ();

            for (guint k = 0; k < repeats; k++)
                sink += passes[p](&load);
            ns[p][r] = (gdouble) (now_ns () - start) / ((gdouble) repeats * load.frames->len);
        }
    for (guint p = 0; p < G_N_ELEMENTS (passes); p++)
        qsort (ns[p], ROUNDS, sizeof ns[p][0], by_size);
    fprintf (stderr, "%u frames of %.0f bytes and %.1f records\n", load.frames->len,
             (gdouble) load.n_bytes / load.frames->len, (gdouble) load.n_records / load.frames->len);
    for (guint p = 1; p < G_N_ELEMENTS (passes); p++)
        printf ("%s\t%.0f\tchecksum pass\t%.0f\t%.2f\n", names[p], ns[p][ROUNDS / 2], ns[0][ROUNDS / 2],
                ns[p][ROUNDS / 2] / ns[0][ROUNDS / 2]);
    g_ptr_array_unref (load.frames);
    g_string_free (load.json, TRUE);
    return 0;
}
