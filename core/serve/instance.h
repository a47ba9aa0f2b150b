/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* instance.h: one service plugin at work on a thread of its own, as room, thread and what it offers share it. */
#pragma once

#include <serve/serve.h>

#include <host/mgh-host.h>
#include <host/mgh-service.h>

#include "follow.h"
#include "image.h"

typedef struct _Instance Instance;

typedef struct {
    const char *subject; /* "server:modbus" */
    const PluginFeature *feature;
    MgConfig *values; /* the plugin's settings */
    MgHost *host;     /* full */
    Store *store;
    Model *model; /* touched on the room's context alone */
    Journal *journal;
    gint64 start_timeout_us;
    GMainContext *context; /* where `ended` is called, once */
    GSourceFunc ended;     /* the thread has ended, and instance_free () will not wait */
    gpointer data;
} InstanceOptions;

struct _Instance {
    InstanceOptions options;
    char *subject;
    GThread *thread;
    GMainContext *context;
    GMainLoop *loop;
    GCancellable *cancellable;

    GMutex lock;          /* for the five below */
    GHashTable *inbox;    /* meter id: Letter, the newest */
    FollowWindow *window; /* that was asked for, and came */
    char *fault;
    gboolean started, stopping;
    GSource *wake; /* on the instance's context: there is something in the inbox */

    /* the thread's own */
    Image image;
    MgService *service;
    gpointer self;
    gboolean subscribed;
    const MgSelector *selector; /* of the subscription; NULL: all */
    GPtrArray *timers;          /* GSource */
    GSource *retry;
    Follow *follow; /* NULL: no cursor is used */
    GSource *beat;  /* for them, each second */
    guint failures;
};

/* All on the room's context. */
Instance *instance_new (const InstanceOptions *options);
void instance_post (Instance *instance, guint32 id, const MgMeterNow *now); /* NULL: the meter is gone */
void instance_stop (Instance *instance);                                    /* never waits */
void instance_free (Instance *instance);                                    /* after `ended`, or it waits */

/* offer.c: what a service asks of its host; `owner` is the Instance. */
extern const MghServiceOps instance_offers;
void instance_end_timers (Instance *instance);
Follow *instance_follow (Instance *instance); /* made at its first use */

/* On its thread. NULL: it is well. */
void instance_set_fault (Instance *instance, const GError *fault);
ImageTime instance_time (Instance *instance);
