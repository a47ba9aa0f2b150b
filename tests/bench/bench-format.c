/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-format.c: readouts to CSV and JSON by the plugins, against a loop by hand that writes the very same bytes from
 * plain structs with every text at hand, unescaped. Prints name, ours, peer, peer's, ratio. */
#include <metergate.h>

#include <host/mgh-config.h>
#include <host/mgh-host.h>
#include <host/mgh-model.h>
#include <host/mgh-output.h>
#include <host/mgh-readout.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define METERS 500
#define POINTS 25
#define PASSES 20
#define ROUNDS 7
#define AT_MS  G_GINT64_CONSTANT (1795176000000)
#define AT     "2026-11-20 12:00:00"
#define AT_S   "1795176000"

typedef struct {
    gint64 number;
    gint exponent;
    const char *unit, *description, *label, *obis;
} Value;

typedef struct {
    const MgMeter *meters[METERS];
    MgItem *items[METERS];
    Value values[METERS][POINTS];
} Load;

typedef struct {
    char *bytes;
    gsize len, room;
} Buffer;

static void buffer_reserve (Buffer *b, gsize more)
{
    if (b->len + more > b->room) {
        b->room = 2 * (b->len + more);
        b->bytes = g_realloc (b->bytes, b->room);
    }
}

static gboolean buffer_write (gpointer owner, const void *bytes, gsize len, GError **error)
{
    Buffer *b = owner;

    buffer_reserve (b, len);
    memcpy (b->bytes + b->len, bytes, len);
    b->len += len;
    return TRUE;
}

static const MghOutputOps buffer_ops = MG_INIT (MghOutputOps, .write = buffer_write);

/* ---- the load: 500 heat meters of 25 values */

static MgMeter *load_meter (guint m)
{
    g_autoptr (GPtrArray) points = g_ptr_array_new_with_free_func ((GDestroyNotify) mgh_point_unref);
    g_autofree char *serial = g_strdup_printf ("%08u", m), *label = g_strdup_printf ("meter %u", m);
    MghMeterInfo info = { .id = m,
                          .uid = serial,
                          .label = label,
                          .channel = "mbus1",
                          .address = serial,
                          .interface = "MBus",
                          .active = TRUE,
                          .identity = MG_INIT (MgIdentity, .serial = serial, .manufacturer = "KAM", .version = 8,
                                               .medium = MG_MEDIUM_HEAT) };

    for (guint i = 0; i < POINTS; i++) {
        g_autofree char *key = g_strdup_printf ("0.%u.0.0:10", i);
        MghPointInfo point = { .key = key,
                               .active = TRUE,
                               .meaning = MG_INIT (MgMeaning, .quantity = "volume", .kind = MG_POINT_COUNTER,
                                                   .unit = MG_UNIT_M3, .obis = MG_OBIS (6, 0, 2, 0, 0, 255)) };
        g_ptr_array_add (points, mgh_point_new (i, &point));
    }
    return mgh_meter_new (&info, (MgPoint *const *) points->pdata, POINTS);
}

static void load_make (Load *load)
{
    guint32 indices[POINTS];
    GRand *random = g_rand_new_with_seed (1);

    for (guint m = 0; m < METERS; m++) {
        g_autoptr (MgReadout) readout = mgh_readout_new (NULL, MG_READOUT_LIVE);
        load->meters[m] = load_meter (m);
        mgh_readout_set_times (readout, AT_MS, AT_MS);
        for (guint i = 0; i < POINTS; i++) {
            load->values[m][i] = (Value){
                g_rand_int_range (random, 0, 100000000), (gint) (i % 4) - 3, "m³", "Volume", "", "6-0:2.0.0*255"
            };
            mgh_readout_add_stored (readout, mg_value_decimal (load->values[m][i].number, load->values[m][i].exponent),
                                    0, (MgValue){ 0 });
            indices[i] = i;
        }
        mgh_readout_finish (readout);
        load->items[m] = mgh_item_new_readout (load->meters[m], readout, indices, POINTS);
    }
    g_rand_free (random);
}

/* ---- ours */

static void check (gboolean good, const GError *error)
{
    if (good)
        return;
    fprintf (stderr, "bench-format: %s\n", error != NULL ? error->message : dlerror ());
    exit (1);
}

static const MgFormatOps *load_plugin (const char *folder, const char *name)
{
    g_autofree char *path = g_strdup_printf ("%s/plugins/output/%s/format-%s.so", folder, name, name);
    void *handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);

    check (handle != NULL, NULL);
    const MgModule *module = dlsym (handle, MG_MODULE_SYMBOL);
    check (module != NULL, NULL);
    return ((const MgFeature *) module->features.items)->ops;
}

static void ours (const MgFormatOps *ops, const Load *load, Buffer *b)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (MgConfig) config = mgh_config_new (&ops->settings, 1, NULL, 0, &error);
    g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
    MghOutputInfo info = MG_INIT (MghOutputInfo, .ops = &buffer_ops, .owner = b, .report = "bench", .created_ms = AT_MS,
                                  .zone = zone, .meters = load->meters, .n_meters = METERS);
    MghCallInfo call_info = MG_INIT (MghCallInfo, .attempt = 1);

    check (config != NULL, error);
    MgHost *host = mgh_host_new ("bench", mgh_clock_real (), NULL, NULL);
    MgCall *call = mgh_call_new (&call_info);
    MgOutput *out = mgh_output_new (&info);
    gpointer self = ops->create (host, config, &error);
    check (self != NULL && ops->begin (self, out, call, &error), error);
    for (guint pass = 0; pass < PASSES; pass++)
        for (guint m = 0; m < METERS; m++)
            check (ops->item (self, load->items[m], out, call, &error), error);
    check ((ops->end == NULL || ops->end (self, out, call, &error)) && mgh_output_flush (out, &error), error);
    ops->destroy (self);
    mgh_output_free (out);
    mgh_call_free (call);
    mgh_host_free (host);
}

/* ---- by hand: one buffer, every text a constant or of the meter, digits written straight into it */

static char *put (char *at, const char *text)
{
    gsize len = strlen (text);

    memcpy (at, text, len);
    return at + len;
}

static char *put_number (char *at, gint64 number)
{
    char digits[24], *from = digits + sizeof digits;

    do {
        *--from = (char) ('0' + number % 10);
        number /= 10;
    } while (number != 0);
    gsize len = (gsize) (digits + sizeof digits - from);
    memcpy (at, from, len);
    return at + len;
}

static char *put_scaled (char *at, const Value *v)
{
    char digits[24];
    gsize n = (gsize) (put_number (digits, v->number) - digits), places = (gsize) -v->exponent;

    if (v->exponent == 0) {
        memcpy (at, digits, n);
        return at + n;
    }
    if (n <= places) {
        *at++ = '0';
        *at++ = '.';
        memset (at, '0', places - n);
        memcpy (at + places - n, digits, n);
        return at + places;
    }
    memcpy (at, digits, n - places);
    at += n - places;
    *at++ = '.';
    memcpy (at, digits + n - places, places);
    return at + places;
}

static void csv_by_hand (const Load *load, Buffer *b)
{
    char *at;

    buffer_reserve (b, 8192);
    at = put (b->bytes + b->len, "Index;Timestamp;DeviceId;Link;User");
    for (guint i = 0; i < POINTS; i++)
        at += sprintf (at, ";Index%u;Value%u;Unit%u;Description%u;User%u;Timestamp%u;ObisId%u", i, i, i, i, i, i, i);
    *at++ = '\n';
    b->len = (gsize) (at - b->bytes);
    for (guint pass = 0; pass < PASSES; pass++)
        for (guint m = 0; m < METERS; m++) {
            const char *serial = mg_meter_get_address (load->meters[m]);
            buffer_reserve (b, 8192);
            at = put_number (b->bytes + b->len, m);
            at = put (put (put (at, ";" AT ";KAM-"), serial), "-8-4;");
            at = put (put (put (at, serial), ";"), mg_meter_get_label (load->meters[m]));
            for (guint i = 0; i < POINTS; i++) {
                *at++ = ';';
                at = put_number (at, i);
                *at++ = ';';
                at = put_scaled (at, &load->values[m][i]);
                *at++ = ';';
                at = put (at, load->values[m][i].unit);
                *at++ = ';';
                at = put (at, load->values[m][i].description);
                *at++ = ';';
                at = put (at, load->values[m][i].label);
                at = put (put (at, ";0;"), load->values[m][i].obis);
            }
            *at++ = '\n';
            b->len = (gsize) (at - b->bytes);
        }
}

static void json_by_hand (const Load *load, Buffer *b)
{
    static const char *const scales[] = { "1e-03", "1e-02", "1e-01", "1e+00" };
    char *at;

    buffer_reserve (b, 8192);
    at = put (b->bytes + b->len, "{\"muc\":{\"MUC_ID\":\"\",\"VERSION\":\"1\",\"TIMESTAMP\":" AT_S ",\"meter\":[");
    b->len = (gsize) (at - b->bytes);
    for (guint pass = 0; pass < PASSES; pass++)
        for (guint m = 0; m < METERS; m++) {
            buffer_reserve (b, 8192);
            at = put (b->bytes + b->len, pass + m == 0 ? "\n{\"METER_ID\":\"" : ",\n{\"METER_ID\":\"");
            at = put (at, mg_meter_get_address (load->meters[m]));
            at = put (
                at,
                "\",\"INTERFACE\":\"MBus\",\"MAN\":\"KAM\",\"VER\":\"8\",\"MED\":\"Heat (outlet)\",\"MED_ID\":\"4\","
                "\"USER\":\"");
            at = put (put (at, mg_meter_get_label (load->meters[m])), "\",\"data\":[");
            for (guint i = 0; i < POINTS; i++) {
                const Value *v = &load->values[m][i];
                at = put (put (at, i == 0 ? "{\"DESCRIPTION\":\"" : ",{\"DESCRIPTION\":\""), v->description);
                at = put (put (at, "\",\"UNIT\":\""), v->unit);
                at = put (put (at, "\",\"SCALE\":\""), scales[v->exponent + 3]);
                at = put (put (at, "\",\"OBIS_ID\":\""), v->obis);
                at = put (put (at, "\",\"USER\":\""), v->label);
                at = put (at, "\",\"entry\":[{\"T_MUC\":" AT_S ",\"VAL\":\"");
                at = put (put_number (at, v->number), "\"}]}");
            }
            at = put (at, "]}");
            b->len = (gsize) (at - b->bytes);
        }
    buffer_reserve (b, 16);
    b->len = (gsize) (put (b->bytes + b->len, "\n]}}\n") - b->bytes);
}

/* ---- */

/* of this thread alone, so that what else runs on the machine does not count */
static gint64 cpu_us (void)
{
    struct timespec now;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static int compare_times (const void *a, const void *b)
{
    gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

    return x < y ? -1 : x > y;
}

static void measure (const char *name, const MgFormatOps *ops, void (*by_hand) (const Load *, Buffer *),
                     const Load *load)
{
    gint64 us[2][ROUNDS];
    Buffer b[2] = { { 0 } };

    for (guint round = 0; round < ROUNDS; round++) {
        b[0].len = b[1].len = 0;
        gint64 began = cpu_us ();
        ours (ops, load, &b[0]);
        gint64 between = cpu_us ();
        by_hand (load, &b[1]);
        us[0][round] = between - began;
        us[1][round] = cpu_us () - between;
    }
    if (b[0].len != b[1].len || memcmp (b[0].bytes, b[1].bytes, b[0].len) != 0) {
        fprintf (stderr, "bench-format: %s: the loop by hand writes other bytes\n", name);
        exit (1);
    }
    for (guint i = 0; i < 2; i++)
        qsort (us[i], ROUNDS, sizeof us[i][0], compare_times);
    double values = (double) METERS * POINTS * PASSES;
    double rate = values / (double) us[0][ROUNDS / 2], peer = values / (double) us[1][ROUNDS / 2];
    printf ("format %s, %u x %u values\t%.1f M/s\ta loop by hand, same bytes\t%.1f M/s\t%.2f\n", name, METERS, POINTS,
            rate, peer, rate / peer);
    g_free (b[0].bytes);
    g_free (b[1].bytes);
}

/* The build folder that this program lies in. */
static char *build_folder (void)
{
    g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
    g_autofree char *bench = g_path_get_dirname (self), *tests = g_path_get_dirname (bench);

    return g_path_get_dirname (tests);
}

int main (void)
{
    Load *load = g_new0 (Load, 1);
    g_autofree char *folder = build_folder ();

    load_make (load);
    measure ("csv", load_plugin (folder, "csv"), csv_by_hand, load);
    measure ("json", load_plugin (folder, "json"), json_by_hand, load);
    return 0;
}
