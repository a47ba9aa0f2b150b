/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* liar.c: says one thing with its result and another with its error. */
#include "bad.h"

static int instance;

static gpointer liar_create (MgHost *host, const MgConfig *channel, GError **error)
{
    return &instance;
}

/* FALSE, and no word why */
static gboolean liar_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    return FALSE;
}

/* TRUE, and an error */
static gboolean liar_listen (gpointer self, MgCall *call, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_IO, "cable cut");
    return TRUE;
}

/* as it should be, if it is called with the instance that create () gave */
static gboolean liar_scan (gpointer self, const MgConfig *options, MgCall *call, GError **error)
{
    if (self == &instance)
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "another instance");
    return FALSE;
}

static gboolean liar_open (gpointer self, MgCall *call, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_AUTH, "password missing");
    return FALSE;
}

static const MgDriverOps ops = MG_INIT (MgDriverOps, .create = liar_create, .open = liar_open, .read = liar_read,
                                        .listen = liar_listen, .scan = liar_scan);
static const MgFeature features[] = { DRIVER ("liar", &ops) };
MODULE (.name = "liar", .features = MG_TABLE (features));
