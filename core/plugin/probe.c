/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe.c: runs metergate-probe on a file, within a time, and keeps the verdicts that hold until the file changes. */
#include "probe.h"

#include "marks.h"
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define VERDICT_FD 3

extern char **environ;

struct _Probe {
    char *program, *cache_file, *heading;
    GHashTable *cache; /* path: the rest of its line */
    gboolean changed;
    guint timeout_ms, runs;
};

/* ---- the cache: one line a file: path, then what tells a changed file, then code and reason; the heading is our
 * version */

static char *probe_stamp (const struct stat *info)
{
    return g_strdup_printf ("%lld %lld.%09ld %llu %lld.%09ld", (long long) info->st_size,
                            (long long) info->st_mtim.tv_sec, info->st_mtim.tv_nsec, (unsigned long long) info->st_ino,
                            (long long) info->st_ctim.tv_sec, info->st_ctim.tv_nsec);
}

static void probe_read_cache (Probe *probe)
{
    g_autofree char *text = NULL;

    if (probe->cache_file == NULL || !g_file_get_contents (probe->cache_file, &text, NULL, NULL))
        return;
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    if (g_strcmp0 (lines[0], probe->heading) != 0)
        return;
    for (gsize i = 1; lines[i] != NULL; i++) {
        char *tab = strchr (lines[i], '\t');

        if (tab == NULL)
            continue;
        *tab = '\0';
        g_hash_table_replace (probe->cache, g_strcompress (lines[i]), g_strdup (tab + 1));
    }
}

void probe_save (Probe *probe)
{
    g_autoptr (GString) text = g_string_new (probe->heading);
    g_autoptr (GError) error = NULL;
    GHashTableIter iter;
    gpointer path, line;

    if (probe->cache_file == NULL || !probe->changed)
        return;
    g_string_append_c (text, '\n');
    g_hash_table_iter_init (&iter, probe->cache);
    while (g_hash_table_iter_next (&iter, &path, &line)) {
        g_autofree char *escaped = g_strescape (path, NULL);

        g_string_append_printf (text, "%s\t%s\n", escaped, (const char *) line);
    }
    if (!g_file_set_contents_full (probe->cache_file, text->str, (gssize) text->len, G_FILE_SET_CONTENTS_CONSISTENT,
                                   0600, &error))
        g_warning ("plugins: verdicts of probes are not kept: %s", error->message);
    probe->changed = FALSE;
}

static gboolean probe_cached (Probe *probe, const char *path, const char *stamp, ProbeVerdict *verdict)
{
    const char *line = g_hash_table_lookup (probe->cache, path);
    gsize len = strlen (stamp);

    if (line == NULL || strncmp (line, stamp, len) != 0 || line[len] != '\t')
        return FALSE;
    g_auto (GStrv) parts = g_strsplit (line + len + 1, "\t", 2);
    *verdict = (ProbeVerdict){ .code = parts[0] != NULL ? atoi (parts[0]) : MODULE_ERROR_DIED };
    if (verdict->code != 0)
        verdict->reason = g_strdup (parts[0] != NULL && parts[1] != NULL ? parts[1] : "");
    return TRUE;
}

/* Kept are only verdicts that the file alone decides: what the linker misses may be installed tomorrow. */
static void probe_remember (Probe *probe, const char *path, const char *stamp, const ProbeVerdict *verdict)
{
    gboolean kept = verdict->code == 0 || verdict->code == MODULE_ERROR_DIED;

    if (kept)
        g_hash_table_replace (
            probe->cache, g_strdup (path),
            g_strdup_printf ("%s\t%d\t%s", stamp, verdict->code, verdict->reason ? verdict->reason : ""));
    else if (!g_hash_table_remove (probe->cache, path))
        return;
    probe->changed = TRUE;
}

gboolean probe_forget (Probe *probe, const char *path)
{
    gboolean known = g_hash_table_remove (probe->cache, path);

    probe->changed |= known;
    return known;
}

/* ---- the child */

static int probe_spawn (Probe *probe, const char *path, int verdict_fd, pid_t *pid)
{
    char *const argv[] = { probe->program, (char *) path, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int code;

    sigemptyset (&none);
    sigfillset (&all);
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, verdict_fd, VERDICT_FD);
    posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init (&attr);
    posix_spawnattr_setflags (&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup (&attr, 0);
    posix_spawnattr_setsigmask (&attr, &none);
    posix_spawnattr_setsigdefault (&attr, &all);
    code = posix_spawn (pid, probe->program, &actions, &attr, argv, environ);
    posix_spawn_file_actions_destroy (&actions);
    posix_spawnattr_destroy (&attr);
    probe->runs++;
    return code;
}

/* FALSE: the time was over, and it was killed. Takes with it whatever the file started. */
static gboolean probe_wait (Probe *probe, pid_t pid, int *status)
{
    struct pollfd child = { .fd = pidfd_open (pid, 0), .events = POLLIN };
    gint64 until = g_get_monotonic_time () + (gint64) probe->timeout_ms * 1000;
    gboolean ended = FALSE;

    while (!ended && child.fd >= 0) {
        gint64 left = until - g_get_monotonic_time ();
        int n = left > 0 ? poll (&child, 1, (int) (left / 1000 + 1)) : 0;

        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        ended = n > 0;
    }
    kill (-pid, SIGKILL);
    while (waitpid (pid, status, 0) < 0 && errno == EINTR)
        ;
    if (child.fd >= 0)
        close (child.fd);
    return ended;
}

static ProbeVerdict probe_judge (Probe *probe, gboolean ended, int status, const char *said)
{
    ProbeVerdict verdict = { .code = MODULE_ERROR_DIED };
    const char *tab = strchr (said, '\t');

    if (!ended) {
        verdict.reason = g_strdup_printf ("it does not load within %u ms", probe->timeout_ms);
    } else if (WIFSIGNALED (status)) {
        g_autofree char *signal = marks_signal_text (WTERMSIG (status));
        verdict.reason = g_strdup_printf ("it crashes at load: %s", signal);
    } else if (tab == NULL || WEXITSTATUS (status) != 0) {
        gboolean never_ran = WEXITSTATUS (status) == 127;
        verdict.code = never_ran ? MODULE_ERROR_PROBE : MODULE_ERROR_DIED;
        verdict.reason = never_ran
                             ? g_strdup_printf ("%s does not start", probe->program)
                             : g_strdup_printf ("it ends the process at load: exit status %d", WEXITSTATUS (status));
    } else {
        verdict.code = atoi (said);
        verdict.reason = verdict.code != 0 ? module_one_line (tab + 1) : NULL;
    }
    return verdict;
}

static ProbeVerdict probe_run (Probe *probe, const char *path)
{
    char said[4096] = "";
    int pipe_fds[2], status = 0, code = 0;
    ProbeVerdict verdict;
    pid_t pid;

    /* A verdict is far smaller than a pipe, so that the child never waits for us to read. */
    if (pipe2 (pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return (ProbeVerdict){ .code = MODULE_ERROR_PROBE,
                               .reason = g_strdup_printf ("no pipe: %s", g_strerror (errno)) };
    code = probe_spawn (probe, path, pipe_fds[1], &pid);
    close (pipe_fds[1]);
    if (code != 0) {
        verdict = (ProbeVerdict){ .code = MODULE_ERROR_PROBE,
                                  .reason = g_strdup_printf ("%s: %s", probe->program, g_strerror (code)) };
    } else {
        gboolean ended = probe_wait (probe, pid, &status);
        gssize n = read (pipe_fds[0], said, sizeof said - 1);

        said[MAX (n, 0)] = '\0';
        verdict = probe_judge (probe, ended, status, said);
    }
    close (pipe_fds[0]);
    return verdict;
}

ProbeVerdict probe_file (Probe *probe, const char *path, const struct stat *info)
{
    g_autofree char *stamp = probe_stamp (info);
    ProbeVerdict verdict;

    if (probe_cached (probe, path, stamp, &verdict))
        return verdict;
    verdict = probe_run (probe, path);
    probe_remember (probe, path, stamp, &verdict);
    return verdict;
}

void probe_verdict_clear (ProbeVerdict *verdict)
{
    g_clear_pointer (&verdict->reason, g_free);
}

guint probe_get_runs (const Probe *probe)
{
    return probe->runs;
}

/* A gateway that runs from its build folder takes the probe that was built with it. */
static char *probe_find_program (void)
{
    g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
    g_autofree char *folder = self != NULL ? g_path_get_dirname (self) : g_strdup (".");
    g_autofree char *built = g_build_filename (folder, "..", "plugin", "metergate-probe", NULL);

    return g_file_test (built, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer (&built) : g_strdup (METERGATE_PROBE);
}

Probe *probe_new (const char *program, const char *cache_file, guint timeout_ms)
{
    Probe *probe = g_new0 (Probe, 1);
    struct stat info = { 0 };

    probe->program = program != NULL ? g_strdup (program) : probe_find_program ();
    probe->cache_file = g_strdup (cache_file);
    probe->timeout_ms = timeout_ms;
    probe->cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    if (stat (probe->program, &info) != 0)
        memset (&info, 0, sizeof info);
    g_autofree char *stamp = probe_stamp (&info);
    probe->heading =
        g_strdup_printf ("metergate %s, ABI %u.%u, probe %s", METERGATE_VERSION, MG_ABI_MAJOR, MG_ABI_MINOR, stamp);
    probe_read_cache (probe);
    return probe;
}

void probe_free (Probe *probe)
{
    probe_save (probe);
    g_hash_table_unref (probe->cache);
    g_free (probe->program);
    g_free (probe->cache_file);
    g_free (probe->heading);
    g_free (probe);
}
