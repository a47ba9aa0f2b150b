/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rig.c: runs a format in a test, as the report room would. */
#include <metergate.h>

#include "rig.h"

#include <host/mgh-clock.h>
#include <host/mgh-host.h>

#include <malloc.h>
#include <string.h>

#define CREATED_MS G_GINT64_CONSTANT (1795178700000) /* 2026-11-20 12:45 UTC */

typedef struct {
    GString *text; /* NULL: only counted */
    guint64 bytes;
    gsize fail_after;
} RigSink;

static gboolean rig_write (gpointer owner, const void *bytes, gsize len, GError **error)
{
    RigSink *sink = owner;

    sink->bytes += len;
    if (sink->fail_after > 0 && sink->bytes > sink->fail_after) {
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "no space left after %zu bytes", sink->fail_after);
        return FALSE;
    }
    if (sink->text != NULL)
        g_string_append_len (sink->text, bytes, (gssize) len);
    return TRUE;
}

static const MghOutputOps rig_output_ops = MG_INIT (MghOutputOps, .write = rig_write);

static const char *rig_fact (gpointer owner, const char *fact)
{
    return g_str_equal (fact, "serial") ? "6891d0800e62" : NULL;
}

static const MghHostOps rig_host_ops = MG_INIT (MghHostOps, .get_fact = rig_fact);

static gboolean rig_items (const RigRun *run, gpointer self, MgOutput *out, MgCall *call, const RigSample *sample,
                           guint times, GError **error)
{
    if (run->ops->begin != NULL && !run->ops->begin (self, out, call, error))
        return FALSE;
    for (guint t = 0; t < times; t++)
        for (guint i = 0; i < sample->items->len; i++)
            if (!run->ops->item (self, sample->items->pdata[i], out, call, error))
                return FALSE;
    if (run->ops->end != NULL && !run->ops->end (self, out, call, error))
        return FALSE;
    return mgh_output_flush (out, error);
}

static gboolean rig_into (const RigRun *run, const RigSample *sample, RigSink *sink, guint times, GError **error)
{
    MgTable tables[] = { run->ops->settings };
    g_autoptr (MgConfig) config = mgh_config_new (tables, 1, run->texts, run->n_texts, error);
    g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
    MghCallInfo call_info = MG_INIT (MghCallInfo, .attempt = 1);
    MgSelector *selector = mgh_selector_parse (run->select != NULL ? run->select : "", error);

    g_assert_nonnull (zone);
    if (config == NULL)
        return FALSE;
    MgHost *host = mgh_host_new ("billing", mgh_clock_real (), &rig_host_ops, NULL);
    MgCall *call = mgh_call_new (&call_info);
    MghOutputInfo info =
        MG_INIT (MghOutputInfo, .ops = &rig_output_ops, .owner = sink, .report = "billing", .created_ms = CREATED_MS,
                 .zone = zone, .meters = (const MgMeter *const *) sample->meters->pdata,
                 .n_meters = sample->meters->len, .selector = selector);
    MgOutput *out = mgh_output_new (&info);
    gpointer self = run->ops->create (host, config, error);
    gboolean good = self != NULL && rig_items (run, self, out, call, sample, times, error);
    if (self != NULL)
        run->ops->destroy (self);
    mgh_output_free (out);
    mgh_call_free (call);
    mgh_host_free (host);
    g_clear_pointer (&selector, mgh_selector_free);
    return good;
}

char *rig_run (const RigRun *run, const RigSample *sample, GError **error)
{
    RigSink sink = { .text = g_string_new (NULL), .fail_after = run->fail_after };
    gboolean good = rig_into (run, sample, &sink, 1, error);

    return g_string_free (sink.text, !good);
}

guint64 rig_run_many (const RigRun *run, const RigSample *sample, guint times)
{
    RigSink sink = { 0 };
    g_autoptr (GError) error = NULL;

    rig_into (run, sample, &sink, times, &error);
    g_assert_no_error (error);
    return sink.bytes;
}

void rig_assert_golden (const char *text, const char *file)
{
    g_autofree char *path = g_build_filename (g_getenv ("GOLDEN_DIR"), file, NULL);
    g_autofree char *golden = NULL;
    g_autoptr (GError) error = NULL;

    if (g_getenv ("UPDATE_GOLDEN") != NULL)
        g_assert_true (g_file_set_contents (path, text, -1, NULL));
    g_file_get_contents (path, &golden, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (text, ==, golden);
}

void rig_test_receiver_fails (const MgFormatOps *ops)
{
    RigRun run = { .ops = ops, .fail_after = 100 };
    g_autoptr (RigSample) sample = rig_sample_new ();
    g_autoptr (GError) error = NULL;

    g_assert_null (rig_run (&run, sample, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_cmpstr (error->message, ==, "no space left after 100 bytes");
}

void rig_test_memory_flat (const MgFormatOps *ops)
{
#if defined(__SANITIZE_ADDRESS__)
    g_test_skip ("the sanitizer's allocator does not say what is in use");
#else
    RigRun run = { .ops = ops };
    g_autoptr (RigSample) sample = rig_sample_new ();
    guint64 once = rig_run_many (&run, sample, 1);
    gsize before = mallinfo2 ().uordblks;
    guint64 many = rig_run_many (&run, sample, 20000);
    gsize after = mallinfo2 ().uordblks;

    g_assert_cmpuint (many, >, 10000 * once);
    g_assert_cmpint (ABS ((gint64) after - (gint64) before), <, 65536);
#endif
}
