/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* follow.h: readouts and events, each once and in order, over restarts: the cursors of one instance. */
#pragma once

#include <model/model.h>

typedef struct _Follow Follow;

/* What the thread needs of the instance. All of it is called on the thread. */
typedef struct {
    gpointer data;
    void (*ask) (gpointer data);                      /* for a window, by follow_take_window () */
    void (*more) (gpointer data, const char *cursor); /* the plugin's */
} FollowLinks;

/* What is committed, and whose it is: the number is read before the catalogue is made, so that it has all points. */
typedef struct {
    gint64 committed_seq;
    ModelCatalogue *catalogue;
} FollowWindow;

void follow_window_free (FollowWindow *window);

/* `subject` ("server:mirror") must outlive it, as store and journal do. On the instance's thread, all of them. */
Follow *follow_new (Store *store, Journal *journal, const char *subject, const FollowLinks *links);

/* Writes what was done. May wait for a commit. */
void follow_free (Follow *follow);

/* mg_service_next () and mg_service_done (). */
gboolean follow_next (Follow *follow, const char *cursor, MgItem **item, GError **error);
void follow_done (Follow *follow, const char *cursor, gint64 seq);

/* Takes a newer window (full), and tells those who wait that there is more. */
void follow_take_window (Follow *follow, FollowWindow *window);

/* Each second, and when somebody begins to wait: asks for a window when something was committed meanwhile. */
void follow_tick (Follow *follow);

/* Each second: writes what was done. May wait for a commit. */
void follow_write_all (Follow *follow);
