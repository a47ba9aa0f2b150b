/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crasher.c: dies in its calls, in the way that the call's name tells. */
#include "bad.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static gboolean crasher_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    volatile int *volatile nowhere = NULL;

    *nowhere = 1;
    return TRUE;
}

static gboolean crasher_listen (gpointer self, MgCall *call, GError **error)
{
    abort ();
}

static gboolean crasher_open (gpointer self, MgCall *call, GError **error)
{
    exit (3);
}

/* eats the stack */
static guint crasher_deep (volatile guint *above)
{
    volatile guint here[1024] = { *above + 1 };

    return *above == 0 ? 0 : crasher_deep (here) + here[0];
}

static gboolean crasher_scan (gpointer self, const MgConfig *options, MgCall *call, GError **error)
{
    volatile guint depth = 1;

    return crasher_deep (&depth) > 0;
}

static gpointer crasher_thread (gpointer data)
{
    crasher_read (NULL, NULL, NULL, NULL, NULL);
    return NULL;
}

/* The frame's first byte says what happens; it ends well for 'g', and never for 'w'. */
static gboolean crasher_decode (const MgConfig *device, const guint8 *frame, gsize len, MgCall *call, MgReadout *out,
                                GError **error)
{
    pid_t self = getpid ();

    if (frame[0] == 'g')
        return TRUE;
    if (frame[0] == 'p') { /* says that it is here, and waits for a word */
        char token = 'p';

        return write (atoi (g_getenv ("METERGATE_TEST_OUT")), &token, 1) == 1 &&
               read (atoi (g_getenv ("METERGATE_TEST_IN")), &token, 1) == 1;
    }
    if (frame[0] == 't')
        g_thread_join (g_thread_new ("of its own", crasher_thread, NULL));
    if (frame[0] == 'k') /* as a power loss */
        kill (self, SIGKILL);
    if (frame[0] == 'a' && fork () == 0) { /* as a watchdog */
        kill (self, SIGABRT);
        _exit (0);
    }
    for (;;)
        pause ();
}

static const MgDriverOps ops = MG_INIT (MgDriverOps, .open = crasher_open, .read = crasher_read,
                                        .listen = crasher_listen, .scan = crasher_scan, .decode = crasher_decode);
static const MgFeature features[] = { DRIVER ("crasher", &ops) };
MODULE (.name = "crasher", .features = MG_TABLE (features));
