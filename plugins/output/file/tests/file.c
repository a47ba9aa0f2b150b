/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* file.c: files appear whole or not at all, names stay in the folder, retention removes what it may and nothing else.
 */
#include <metergate.h>

#include "folder.h"

#include <host/mgh-config.h>
#include <host/mgh-host.h>
#include <host/mgh-output.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

extern const MgModule mg_module;

#define NOW_MS G_GINT64_CONSTANT (1795176000000)
#define DAY_MS G_GINT64_CONSTANT (86400000)
#define NAME   "2026/11/gw-billing-17-42-0badcafe.csv"

typedef struct {
    char *base, *folder; /* folder is not there at first */
    const MgTransportOps *ops;
    MghClock *clock;
    MgHost *host;
    GCancellable *cancellable;
    GString *steps;
    MgConfig *config;
    gpointer self;
} Fixture;

static void note_step (gpointer owner, MgStep outcome, const char *code, const char *text)
{
    g_string_append_printf (((Fixture *) owner)->steps, "%s ", code);
}

static const MghCallOps call_ops = MG_INIT (MghCallOps, .step = note_step);

static void fixture_configure (Fixture *f, const char *key, const char *value)
{
    MghConfigText texts[] = { { "folder", f->folder }, { key, value } };
    MgTable tables[] = { f->ops->settings };
    g_autoptr (GError) error = NULL;

    if (f->self != NULL)
        f->ops->destroy (f->self);
    g_clear_pointer (&f->config, mgh_config_unref);
    f->config = mgh_config_new (tables, 1, texts, key != NULL ? 2 : 1, &error);
    g_assert_no_error (error);
    f->self = f->ops->create (f->host, f->config, &error);
    g_assert_no_error (error);
}

static void fixture_up (Fixture *f, gconstpointer data)
{
    f->base = g_dir_make_tmp ("test-file-XXXXXX", NULL);
    f->folder = g_build_filename (f->base, "out", "reports", NULL);
    f->ops = ((const MgFeature *) mg_module.features.items)->ops;
    f->clock = mgh_clock_virtual_new (NOW_MS);
    f->host = mgh_host_new ("billing", f->clock, NULL, NULL);
    f->cancellable = g_cancellable_new ();
    f->steps = g_string_new (NULL);
    fixture_configure (f, NULL, NULL);
}

static void remove_tree (const char *path)
{
    g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *below = g_build_filename (path, name, NULL);
        remove_tree (below);
    }
    g_assert_cmpint (g_remove (path), ==, 0);
}

static void fixture_down (Fixture *f, gconstpointer data)
{
    f->ops->destroy (f->self);
    mgh_config_unref (f->config);
    mgh_host_free (f->host);
    mgh_clock_unref (f->clock);
    g_object_unref (f->cancellable);
    g_string_free (f->steps, TRUE);
    remove_tree (f->base);
    g_free (f->base);
    g_free (f->folder);
}

static gboolean deliver (Fixture *f, const char *name, const char *text, guint32 *verdict, GError **error)
{
    g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
    MghDeliveryInfo info = MG_INIT (MghDeliveryInfo, .name = name, .bytes = bytes, .content_type = "text/csv",
                                    .identity = "gw-billing-17-42-0badcafe", .report = "billing", .attempt = 1);
    MghCallInfo call_info = MG_INIT (MghCallInfo, .ops = &call_ops, .owner = f, .clock = f->clock,
                                     .cancellable = f->cancellable, .attempt = 1);
    MgDelivery *delivery = mgh_delivery_new (&info, NULL);
    MgCall *call = mgh_call_new (&call_info);
    gboolean good = f->ops->deliver (f->self, delivery, call, error);

    if (verdict != NULL)
        *verdict = mgh_delivery_get_verdict (delivery, NULL);
    mgh_call_free (call);
    mgh_delivery_free (delivery);
    return good;
}

static char *contents (Fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename (f->folder, name, NULL);
    char *text = NULL;

    g_file_get_contents (path, &text, NULL, NULL);
    return text;
}

static void put_file (Fixture *f, const char *name, gsize size, gint64 age_days)
{
    g_autofree char *path = g_build_filename (f->folder, name, NULL), *folder = g_path_get_dirname (path);
    g_autofree char *text = g_strnfill (size, 'x');
    struct timeval times[2] = { { (NOW_MS - age_days * DAY_MS) / 1000 - 60, 0 },
                                { (NOW_MS - age_days * DAY_MS) / 1000 - 60, 0 } };

    g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
    g_assert_true (g_file_set_contents (path, text, (gssize) size, NULL));
    g_assert_cmpint (utimes (path, times), ==, 0);
}

static gboolean there (Fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename (f->folder, name, NULL);

    return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void a_file_appears_whole_under_its_name (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    guint32 verdict;

    g_assert_true (deliver (f, NAME, "frozen bytes", &verdict, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (verdict, ==, MG_VERDICT_DELIVERED);
    g_autofree char *text = contents (f, NAME);
    g_assert_cmpstr (text, ==, "frozen bytes");
    g_assert_false (there (f, NAME ".part"));
    g_assert_cmpstr (f->steps->str, ==, "written ");
}

static void an_equal_file_is_delivered_already (Fixture *f, gconstpointer data)
{
    struct stat before, after;
    g_autofree char *path = g_build_filename (f->folder, NAME, NULL);

    g_assert_true (deliver (f, NAME, "same", NULL, NULL));
    g_assert_cmpint (stat (path, &before), ==, 0);
    g_assert_true (deliver (f, NAME, "same", NULL, NULL));
    g_assert_cmpint (stat (path, &after), ==, 0);
    g_assert_cmpuint (before.st_ino, ==, after.st_ino);
    g_assert_cmpstr (f->steps->str, ==, "written there-already ");
}

static void a_file_with_other_bytes_is_replaced (Fixture *f, gconstpointer data)
{
    g_assert_true (deliver (f, NAME, "old1", NULL, NULL));
    g_assert_true (deliver (f, NAME, "new2", NULL, NULL));
    g_autofree char *text = contents (f, NAME);
    g_assert_cmpstr (text, ==, "new2");
}

static void a_part_that_a_crash_left_is_no_obstacle (Fixture *f, gconstpointer data)
{
    put_file (f, NAME ".part", 100000, 1);
    g_assert_true (deliver (f, NAME, "whole", NULL, NULL));
    g_autofree char *text = contents (f, NAME);
    g_assert_cmpstr (text, ==, "whole");
    g_assert_false (there (f, NAME ".part"));
}

static void names_that_leave_the_folder_are_never_taken (Fixture *f, gconstpointer data)
{
    const char *bad[] = { "../evil", "a/../../evil", "/etc/evil",        "a//b", "", ".", "a/./b", "a/..",
                          "a\nb",    "a\\b",         "a/b/c/d/e/f/g/h/i" };

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;
        guint32 verdict;

        g_assert_false (deliver (f, bad[i], "x", &verdict, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
        g_assert_cmpuint (verdict, ==, MG_VERDICT_NEVER);
    }
    g_assert_false (there (f, "../evil"));
    g_assert_false (g_file_test ("/etc/evil", G_FILE_TEST_EXISTS));
}

static void a_link_in_the_folder_is_not_followed (Fixture *f, gconstpointer data)
{
    g_autofree char *link_path = g_build_filename (f->folder, "2026", NULL);
    g_autoptr (GError) error = NULL;
    guint32 verdict;

    g_assert_cmpint (g_mkdir_with_parents (f->folder, 0755), ==, 0);
    g_assert_cmpint (symlink (f->base, link_path), ==, 0);
    g_assert_false (deliver (f, NAME, "x", &verdict, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_cmpuint (verdict, ==, MG_VERDICT_AGAIN);
    g_assert_nonnull (strstr (error->message, "2026"));
}

static void a_folder_that_cannot_be_made_is_tried_again (Fixture *f, gconstpointer data)
{
    g_autofree char *in_the_way = g_build_filename (f->base, "out", NULL);
    g_autoptr (GError) error = NULL;
    guint32 verdict;

    g_assert_true (g_file_set_contents (in_the_way, "", 0, NULL));
    g_assert_false (deliver (f, NAME, "x", &verdict, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_cmpuint (verdict, ==, MG_VERDICT_AGAIN);
    g_assert_true (g_str_has_prefix (error->message, f->folder));
    g_assert_cmpint (g_unlink (in_the_way), ==, 0);
    g_assert_true (deliver (f, NAME, "x", &verdict, NULL));
}

/* A stream that ends before its size stands for a spool that cannot be read to its end. */
static void nothing_short_ever_gets_the_name (Fixture *f, gconstpointer data)
{
    g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data ("short", 5, NULL);
    g_autoptr (GError) error = NULL;
    gboolean already;

    g_assert_false (folder_put (f->folder, NAME, stream, 10, 0644, NULL, &already, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_false (there (f, NAME));
    g_assert_false (there (f, NAME ".part"));
}

/* A limit of a file's size fails a write as a full disk does, and needs no rights. */
static void a_disk_that_takes_no_more_leaves_nothing_and_is_tried_again (Fixture *f, gconstpointer data)
{
    g_autofree char *large = g_strnfill (300000, 'x');
    struct rlimit limit, small = { 100000, RLIM_INFINITY };
    g_autoptr (GError) error = NULL;
    guint32 verdict;

    g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
    small.rlim_max = limit.rlim_max;
    signal (SIGXFSZ, SIG_IGN);
    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
    g_assert_false (deliver (f, NAME, large, &verdict, &error));
    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_cmpuint (verdict, ==, MG_VERDICT_AGAIN);
    g_assert_false (there (f, NAME));
    g_assert_false (there (f, NAME ".part"));
    g_assert_true (deliver (f, NAME, large, &verdict, NULL));
}

static void a_cancelled_delivery_leaves_nothing (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    g_cancellable_cancel (f->cancellable);
    g_assert_false (deliver (f, NAME, "x", NULL, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_false (there (f, NAME));
    g_assert_false (there (f, NAME ".part"));
}

static void others_may_read_or_not (Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename (f->folder, NAME, NULL);
    mode_t mask = umask (022);
    struct stat status;

    g_assert_true (deliver (f, NAME, "1", NULL, NULL));
    g_assert_cmpint (stat (path, &status), ==, 0);
    g_assert_cmpuint (status.st_mode & 0777, ==, 0644);
    fixture_configure (f, "others-may-read", "no");
    g_assert_true (deliver (f, NAME, "2", NULL, NULL));
    g_assert_cmpint (stat (path, &status), ==, 0);
    g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
    umask (mask);
}

/* files of this report, old and young, and others that only look like it */
static void put_old_files (Fixture *f)
{
    put_file (f, "2024/01/gw-billing-1-2-00000001.csv", 1000, 500);
    put_file (f, "2026/08/gw-billing-3-4-00000002.csv", 1000, 100);
    put_file (f, "2026/11/gw-billing-5-6-00000003-daily.csv", 1000, 5);
    put_file (f, "2024/01/gw-billing-2-1-2-00000001.csv", 1000, 500); /* of report "billing-2" */
    put_file (f, "2024/01/gw-other-1-2-00000001.csv", 1000, 500);
    put_file (f, "2024/01/gw-billing-notes.txt", 1000, 500);
    put_file (f, "2024/notes/gw-billing-1-2-00000001.csv", 1000, 500);
    put_file (f, "gw-billing-1-2-00000001.csv", 1000, 500);
}

static void assert_others_are_there (Fixture *f)
{
    g_assert_true (there (f, "2024/01/gw-billing-2-1-2-00000001.csv"));
    g_assert_true (there (f, "2024/01/gw-other-1-2-00000001.csv"));
    g_assert_true (there (f, "2024/01/gw-billing-notes.txt"));
    g_assert_true (there (f, "2024/notes/gw-billing-1-2-00000001.csv"));
    g_assert_true (there (f, "gw-billing-1-2-00000001.csv"));
}

static void retention_by_age_removes_only_older_files_of_this_report (Fixture *f, gconstpointer data)
{
    fixture_configure (f, "keep-days", "100");
    put_old_files (f);
    g_assert_true (deliver (f, NAME, "new", NULL, NULL));
    g_assert_false (there (f, "2024/01/gw-billing-1-2-00000001.csv"));
    g_assert_false (there (f, "2026/08/gw-billing-3-4-00000002.csv")); /* 100 days and a minute */
    g_assert_true (there (f, "2026/11/gw-billing-5-6-00000003-daily.csv"));
    g_assert_true (there (f, NAME));
    assert_others_are_there (f);
}

static void retention_by_size_removes_the_oldest_and_never_the_newest (Fixture *f, gconstpointer data)
{
    fixture_configure (f, "keep-size", "2010");
    put_old_files (f);
    g_assert_true (deliver (f, NAME, "new", NULL, NULL));
    g_assert_false (there (f, "2024/01/gw-billing-1-2-00000001.csv"));
    g_assert_true (there (f, "2026/08/gw-billing-3-4-00000002.csv"));
    g_assert_true (there (f, NAME));
    fixture_configure (f, "keep-size", "1");
    g_assert_true (deliver (f, NAME, "newer", NULL, NULL));
    g_assert_false (there (f, "2026/11/gw-billing-5-6-00000003-daily.csv"));
    g_assert_true (there (f, NAME));
    assert_others_are_there (f);
}

static void both_limits_remove_only_what_both_allow (Fixture *f, gconstpointer data)
{
    FolderRetention retention = { .prefix = "gw-billing-", .now_ms = NOW_MS, .keep_days = 99, .keep_bytes = 1 };
    guint removed;

    put_old_files (f);
    g_assert_true (folder_retain (f->folder, &retention, &removed, NULL));
    g_assert_cmpuint (removed, ==, 2);
    g_assert_true (there (f, "2026/11/gw-billing-5-6-00000003-daily.csv"));
    retention.keep_days = 1;
    retention.keep_bytes = 5000;
    put_old_files (f);
    g_assert_true (folder_retain (f->folder, &retention, &removed, NULL));
    g_assert_cmpuint (removed, ==, 0);
    assert_others_are_there (f);
}

static void without_limits_everything_stays (Fixture *f, gconstpointer data)
{
    FolderRetention retention = { .prefix = "gw-billing-", .now_ms = NOW_MS };
    guint removed;

    put_old_files (f);
    g_assert_true (folder_retain (f->folder, &retention, &removed, NULL));
    g_assert_cmpuint (removed, ==, 0);
    g_assert_true (deliver (f, NAME, "new", NULL, NULL));
    g_assert_true (there (f, "2024/01/gw-billing-1-2-00000001.csv"));
}

#define ADD(path, func) g_test_add ("/file/" path, Fixture, NULL, fixture_up, func, fixture_down)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("appears-whole", a_file_appears_whole_under_its_name);
    ADD ("equal-file-is-delivered", an_equal_file_is_delivered_already);
    ADD ("other-bytes-are-replaced", a_file_with_other_bytes_is_replaced);
    ADD ("left-part-is-no-obstacle", a_part_that_a_crash_left_is_no_obstacle);
    ADD ("names-stay-in-the-folder", names_that_leave_the_folder_are_never_taken);
    ADD ("links-are-not-followed", a_link_in_the_folder_is_not_followed);
    ADD ("folder-in-the-way", a_folder_that_cannot_be_made_is_tried_again);
    ADD ("nothing-short-gets-the-name", nothing_short_ever_gets_the_name);
    ADD ("disk-takes-no-more", a_disk_that_takes_no_more_leaves_nothing_and_is_tried_again);
    ADD ("cancelled", a_cancelled_delivery_leaves_nothing);
    ADD ("others-may-read-or-not", others_may_read_or_not);
    ADD ("retention/age", retention_by_age_removes_only_older_files_of_this_report);
    ADD ("retention/size", retention_by_size_removes_the_oldest_and_never_the_newest);
    ADD ("retention/both", both_limits_remove_only_what_both_allow);
    ADD ("retention/none", without_limits_everything_stays);
    return g_test_run ();
}
