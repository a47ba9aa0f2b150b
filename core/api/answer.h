/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answer.h: one request as a handler sees it, and how it answers. HTTP itself stays in http.c. */
#pragma once

#include <api/api.h>

#include <json-glib/json-glib.h>

struct _Api {
    ApiRooms rooms;
    gpointer server; /* http.c's */
    char *socket_path;
    gint64 started_us;
};

typedef struct {
    Api *api;
    const char *path[4]; /* what stood for each * of the route, decoded */
    const char *body;
    gsize body_len;
    /* the answer */
    guint status;
    const char *content_type;
    char *text;       /* full */
    gpointer message; /* http.c's, for answers that come later */
} Request;

void answer_json (Request *request, guint status, JsonBuilder *builder /* full */);
void answer_text (Request *request, const char *content_type, char *text /* full */);
/* RFC 9457: code is ours and stable, detail is for people */
void answer_problem (Request *request, guint status, const char *code, const char *detail);
/* the status that fits an error of one of the rooms */
void answer_error (Request *request, const GError *error);
/* answers that come later: the handler takes the request over and gives it back */
Request *answer_later (Request *request); /* full */
void answer_now (Request *request /* full */);

/* adds "name": value */
void json_add_text (JsonBuilder *b, const char *name, const char *text /* NULL: null */);
void json_add_int (JsonBuilder *b, const char *name, gint64 number);
void json_add_bool (JsonBuilder *b, const char *name, gboolean yes);

/* http.c */
void http_finish (Request *request);

/* routes.c */
void route_request (Request *request, const char *method, const char *path);

/* meters.c */
void meters_list (Request *request);
void meters_show (Request *request);
void meters_remove (Request *request);
void meters_read (Request *request);
void meters_export (Request *request);
void meters_import (Request *request);
void points_set (Request *request);
