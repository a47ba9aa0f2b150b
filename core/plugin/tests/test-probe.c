/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-probe.c: verdicts of the child probe are kept until the file, or the gateway, changes. */
#include "module.h"
#include "probe.h"

#include "folder.h"

#include <string.h>
#include <utime.h>

typedef struct {
    PluginFolder folder;
    char *cache, *file;
} Fixture;

static void set_up (Fixture *f, gconstpointer data)
{
    folder_open (&f->folder);
    f->cache = g_build_filename (f->folder.path, "verdicts", NULL);
}

static void tear_down (Fixture *f, gconstpointer data)
{
    folder_close (&f->folder);
    g_free (f->cache);
    g_free (f->file);
}

static void put (Fixture *f, const char *module)
{
    g_autofree char *as = g_strdup_printf ("driver-%s.so", module);

    g_free (f->file);
    f->file = folder_put (&f->folder, module, as);
}

/* As one start of the gateway: returns how many children were needed. */
static guint start (Fixture *f, int expected_code)
{
    Probe *probe = probe_new (g_getenv ("METERGATE_TEST_PROBE"), f->cache, 60000);
    struct stat info;
    ProbeVerdict verdict;
    guint runs;

    g_assert_cmpint (lstat (f->file, &info), ==, 0);
    verdict = probe_file (probe, f->file, &info);
    g_assert_cmpint (verdict.code, ==, expected_code);
    g_assert_true ((verdict.code == 0) == (verdict.reason == NULL));
    probe_verdict_clear (&verdict);
    runs = probe_get_runs (probe);
    probe_free (probe);
    return runs;
}

static void good_verdict_is_kept_until_the_file_changes (Fixture *f, gconstpointer data)
{
    struct utimbuf old = { .actime = 1000000000, .modtime = 1000000000 };

    put (f, "good");
    g_assert_cmpuint (start (f, 0), ==, 1);
    g_assert_cmpuint (start (f, 0), ==, 0);
    g_assert_cmpint (utime (f->file, &old), ==, 0);
    g_assert_cmpuint (start (f, 0), ==, 1);
    g_assert_cmpuint (start (f, 0), ==, 0);
    put (f, "good"); /* the same bytes in a new file */
    g_assert_cmpuint (start (f, 0), ==, 1);
}

static void crash_is_kept_until_a_person_says_so (Fixture *f, gconstpointer data)
{
    Probe *probe;

    put (f, "ctor-crash");
    g_assert_cmpuint (start (f, MODULE_ERROR_DIED), ==, 1);
    g_assert_cmpuint (start (f, MODULE_ERROR_DIED), ==, 0);
    probe = probe_new (g_getenv ("METERGATE_TEST_PROBE"), f->cache, 60000);
    g_assert_true (probe_forget (probe, f->file));
    g_assert_false (probe_forget (probe, f->file));
    probe_free (probe);
    g_assert_cmpuint (start (f, MODULE_ERROR_DIED), ==, 1);
}

static void what_may_be_installed_later_is_asked_again (Fixture *f, gconstpointer data)
{
    put (f, "undefined");
    g_assert_cmpuint (start (f, MODULE_ERROR_LOAD), ==, 1);
    g_assert_cmpuint (start (f, MODULE_ERROR_LOAD), ==, 1);
}

static void another_gateway_asks_again (Fixture *f, gconstpointer data)
{
    g_autofree char *text = NULL, *other = NULL;
    char *end;

    put (f, "good");
    g_assert_cmpuint (start (f, 0), ==, 1);
    g_assert_true (g_file_get_contents (f->cache, &text, NULL, NULL));
    end = strchr (text, '\n');
    other = g_strconcat ("metergate 0.0.9, ABI 0.0, probe 1 2 3 4", end, NULL);
    g_assert_true (g_file_set_contents (f->cache, other, -1, NULL));
    g_assert_cmpuint (start (f, 0), ==, 1);
}

static void damaged_cache_is_no_harm (Fixture *f, gconstpointer data)
{
    g_autofree char *text = NULL;
    gsize len;

    put (f, "good");
    start (f, 0);
    g_assert_true (g_file_get_contents (f->cache, &text, &len, NULL));
    for (gsize cut = 0; cut < len; cut += 7) {
        g_assert_true (g_file_set_contents (f->cache, text, (gssize) cut, NULL));
        g_assert_cmpuint (start (f, 0), <=, 1);
    }
}

int main (int argc, char **argv)
{
#define TEST(name) g_test_add ("/plugin/probe/" #name, Fixture, NULL, set_up, name, tear_down)
    g_test_init (&argc, &argv, NULL);
    TEST (good_verdict_is_kept_until_the_file_changes);
    TEST (crash_is_kept_until_a_person_says_so);
    TEST (what_may_be_installed_later_is_asked_again);
    TEST (another_gateway_asks_again);
    TEST (damaged_cache_is_no_harm);
    return g_test_run ();
}
