/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-crash.c: killed between freezing and delivering, and between delivering and noting it. */
#include "fixture.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE_MS 60000
#define TRIAL     "[report billing]\nformat=csv\ntransport=trial\nscript={billing}\nlog={billing.log}\nzone=UTC\n"

static char *program;

/* The gateway that is killed: in a process of its own, on the folder that is its argument. */
static int run_victim (const char *folder)
{
    Fixture f = { .folder = g_strdup (folder) };

    fixture_up (&f, NULL);
    fixture_start (&f, TRIAL);
    fixture_wait_idle (&f);
    for (guint i = 0; i < 5; i++)
        fixture_readout (&f, 1);
    fixture_advance (&f, 15 * MINUTE_MS);
    return 0; /* not reached: the transport kills */
}

static void kill_one (Fixture *f, const char *how)
{
    g_autoptr (GError) error = NULL;
    const char *argv[] = { program, "victim", f->folder, NULL };
    int status;

    fixture_script (f, "billing", how);
    g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error));
    g_assert_no_error (error);
    g_assert_true (WIFSIGNALED (status));
    g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
}

static char *spooled_hash (Fixture *f)
{
    g_autofree char *folder = g_build_filename (f->folder, "spool", "billing", NULL);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    g_autofree char *path = g_build_filename (folder, g_dir_read_name (dir), NULL), *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

static void restart (Fixture *f)
{
    fixture_script (f, "billing", "yes");
    fixture_start (f, TRIAL);
    fixture_wait_idle (f);
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 0);
    g_assert_cmpuint (fixture_spool_files (f, "billing"), ==, 0);
}

static void killed_before_the_receiver_said_yes (Fixture *f, gconstpointer data)
{
    kill_one (f, "kill");
    g_assert_cmpuint (fixture_spool_files (f, "billing"), ==, 1);
    g_autofree char *frozen = spooled_hash (f);
    restart (f);
    g_auto (GStrv) log = fixture_log (f, "billing");
    g_assert_cmpuint (g_strv_length (log), ==, 1);
    g_assert_true (g_str_has_suffix (log[0], frozen));
}

/* delivered again, under the same identity with the same bytes: the receiver drops the repeat */
static void killed_after_the_receiver_said_yes (Fixture *f, gconstpointer data)
{
    kill_one (f, "kill-after");
    restart (f);
    g_auto (GStrv) log = fixture_log (f, "billing");
    g_assert_cmpuint (g_strv_length (log), ==, 2);
    g_assert_cmpstr (strchr (log[0], ' '), ==, strchr (log[1], ' '));
}

#define ADD(path, func) g_test_add ("/report/crash/" path, Fixture, NULL, fixture_up, func, fixture_down)

int main (int argc, char **argv)
{
    program = argv[0];
    if (argc == 3 && g_str_equal (argv[1], "victim"))
        return run_victim (argv[2]);
    g_test_init (&argc, &argv, NULL);
    ADD ("before-yes", killed_before_the_receiver_said_yes);
    ADD ("after-yes", killed_after_the_receiver_said_yes);
    return g_test_run ();
}
