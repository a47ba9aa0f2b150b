/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-fd.c: a descriptor for libraries that want one: a socket pair, pumped by a thread, timed and recorded. */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define PUMP_PIECE    4096
#define PUMP_SLICE_US 10000

struct _LineLoan {
    MgLine *line;
    int theirs, ours;
    GCancellable *stop;
    gulong stopped_by;
    GThread *thread;
    gboolean asked; /* the library has written since the last input */
};

/* What the library sends. A new request first drops what an old one's answer left (libmodbus takes it for its own). */
static gboolean loan_send (LineLoan *loan)
{
    guint8 buf[PUMP_PIECE];
    ssize_t n = recv (loan->ours, buf, sizeof buf, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return FALSE;
    if (!loan->asked)
        line_drop (loan->line);
    loan->asked = TRUE;
    return line_put (loan->line, buf, (gsize) n, NULL);
}

static gboolean loan_pass_on (LineLoan *loan)
{
    MgLine *line = loan->line;
    gsize len = line->in->len, done = 0;
    g_autofree guint8 *bytes = g_malloc (len + 1);

    line_consume (line, '<', len, bytes);
    loan->asked = FALSE;
    line->sent_us = -1;
    while (done < len) {
        ssize_t n = send (loan->ours, bytes + done, len - done, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return FALSE;
        done += n < 0 ? 0 : (gsize) n;
    }
    return TRUE;
}

/* Waits for the library, the port, or the end; ports that have no descriptor are asked in slices. FALSE: it is over. */
static gboolean loan_wait (LineLoan *loan, int port_fd, gboolean *theirs, gboolean *port)
{
    MgLine *line = loan->line;
    gint64 now_us = line_now (line);
    gint64 left_us = line->deadline_us == G_MAXINT64 ? PUMP_SLICE_US * 100 : line->deadline_us - now_us;
    struct pollfd fds[3] = { { .fd = loan->ours, .events = POLLIN },
                             { .fd = g_cancellable_get_fd (loan->stop), .events = POLLIN },
                             { .fd = port_fd, .events = POLLIN } };

    /* A virtual clock runs ten times as fast as a library that waits in real time for an answer. */
    if (port_fd < 0)
        left_us = MIN (left_us, loan->asked ? PUMP_SLICE_US / 10 : PUMP_SLICE_US);
    if (left_us >= 0 && !g_cancellable_is_cancelled (loan->stop))
        poll (fds, G_N_ELEMENTS (fds), (int) MIN ((left_us + 999) / 1000, 1000));
    g_cancellable_release_fd (loan->stop);
    *theirs = fds[0].revents != 0;
    *port = fds[2].revents != 0 || (port_fd < 0 && !*theirs);
    return !g_cancellable_is_cancelled (loan->stop) && line_now (line) < line->deadline_us;
}

static gpointer loan_pump (gpointer data)
{
    LineLoan *loan = data;
    MgLine *line = loan->line;
    int port_fd = line->ops.wake_fd == NULL ? -1 : line->ops.wake_fd (line->port);
    gboolean theirs, port, ok = TRUE;

    while (ok && loan_wait (loan, port_fd, &theirs, &port)) {
        gboolean got = FALSE;

        if (theirs)
            ok = loan_send (loan);
        if (ok && port)
            ok = line_fill (line, port_fd < 0 ? line_later (line_now (line), PUMP_SLICE_US) : 0, FALSE, &got, NULL);
        if (ok && got)
            ok = loan_pass_on (loan);
    }
    shutdown (loan->ours, SHUT_RDWR);
    return NULL;
}

static void loan_stop (GCancellable *cancellable G_GNUC_UNUSED, gpointer stop)
{
    g_cancellable_cancel (stop);
}

int mg_line_borrow_fd (MgLine *line, GError **error)
{
    int pair[2];
    LineLoan *loan;

    if (!line_check (line, error))
        return -1;
    if (line->ops.read == NULL || line->ops.write == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "line %s: a %s line has no stream of bytes to lend",
                     line->name, line->kind);
        return -1;
    }
    if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "line %s: socket pair: %s", line->name, g_strerror (errno));
        return -1;
    }
    /* Libraries wait with select (), which writes past its set above that. */
    if (pair[0] >= FD_SETSIZE) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL,
                     "line %s: descriptor %d: expected less than %d, too many files are open", line->name, pair[0],
                     FD_SETSIZE);
        close (pair[0]);
        close (pair[1]);
        return -1;
    }
    loan = g_new0 (LineLoan, 1);
    loan->line = line;
    loan->theirs = pair[0];
    loan->ours = pair[1];
    loan->stop = g_cancellable_new ();
    if (line->cancellable != NULL)
        loan->stopped_by = g_cancellable_connect (line->cancellable, G_CALLBACK (loan_stop), loan->stop, NULL);
    line_drop (line);
    line->loan = loan;
    loan->thread = g_thread_new ("line-fd", loan_pump, loan);
    return loan->theirs;
}

void line_end_loan (MgLine *line)
{
    LineLoan *loan = line->loan;

    if (loan == NULL)
        return;
    g_cancellable_cancel (loan->stop);
    g_thread_join (loan->thread);
    if (loan->stopped_by != 0)
        g_cancellable_disconnect (line->cancellable, loan->stopped_by);
    line->loan = NULL;
    close (loan->theirs);
    close (loan->ours);
    g_object_unref (loan->stop);
    g_free (loan);
}

void mg_line_return_fd (MgLine *line, int fd)
{
    g_return_if_fail (line->loan != NULL && line->loan->theirs == fd);
    line_end_loan (line);
}
