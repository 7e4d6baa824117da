import { z } from 'zod';
import { order } from '../domain/orders.ts';
import { product } from '../domain/products.ts';
import { account, user } from '../domain/users.ts';
import { ticket } from '../socket/tickets.ts';
import {
  bulkResults,
  bulkStatusChange,
  orderChange,
  moveUndo,
  orderCreation,
  orderHistory,
  orderPage,
  orderQuery,
  statusChange,
} from './orders.ts';
import {
  productChange,
  productCreation,
  productPage,
  productQuery,
  stockAdjustment,
  stockMovementPage,
} from './products.ts';
import { pageQuery } from './paging.ts';
import { securityEventPage, securityEventQuery } from './security-events.ts';
import { orderStats, statsQuery } from './stats.ts';
import { savedView, savedViewChange, savedViewCreation, savedViewPage } from './views.ts';
import {
  accountChange,
  accountCreation,
  accountPage,
  accountQuery,
  credentials,
  profileChange,
  refreshRequest,
  registration,
  session,
  teamPage,
  teamQuery,
  verification,
} from './users.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A call of the REST API as clients make it, through the gateway. */
export interface Call {
  method: Method;
  /** What varies is in braces: `/orders/api/orders/{id}`. */
  path: string;
  query?: z.ZodType;
  body?: z.ZodType;
  /** The status of success. */
  status: number;
  answer: z.ZodType;
}

const auth = '/users/api/auth';
const users = '/users/api/users';
const orders = '/orders/api/orders';
const products = '/orders/api/products';
const views = '/orders/api/views';
/** Of an answer that has none. */
const nothing = z.literal('');

/** All calls of users, orders and live streams, by the `operationId` that they have in the OpenAPI document. */
export const calls = {
  login: { method: 'POST', path: `${auth}/login`, body: credentials, status: 200, answer: session },
  register: { method: 'POST', path: `${auth}/register`, body: registration, status: 201, answer: session },
  refresh: { method: 'POST', path: `${auth}/refresh`, body: refreshRequest, status: 200, answer: session },
  logout: { method: 'POST', path: `${auth}/logout`, status: 204, answer: nothing },
  verify: { method: 'GET', path: `${auth}/verify`, status: 200, answer: verification },
  getProfile: { method: 'GET', path: `${users}/profile`, status: 200, answer: user },
  changeProfile: { method: 'PATCH', path: `${users}/profile`, body: profileChange, status: 200, answer: user },
  listUsers: { method: 'GET', path: users, query: accountQuery, status: 200, answer: accountPage },
  createUser: { method: 'POST', path: users, body: accountCreation, status: 201, answer: account },
  getUser: { method: 'GET', path: `${users}/{id}`, status: 200, answer: account },
  changeUser: { method: 'PATCH', path: `${users}/{id}`, body: accountChange, status: 200, answer: account },
  deactivateUser: { method: 'DELETE', path: `${users}/{id}`, status: 204, answer: nothing },
  listTeam: { method: 'GET', path: '/users/api/team', query: teamQuery, status: 200, answer: teamPage },
  listSecurityEvents: {
    method: 'GET',
    path: '/users/api/security-events',
    query: securityEventQuery,
    status: 200,
    answer: securityEventPage,
  },

  listOrders: { method: 'GET', path: orders, query: orderQuery, status: 200, answer: orderPage },
  placeOrder: { method: 'POST', path: orders, body: orderCreation, status: 201, answer: order },
  moveOrders: {
    method: 'POST',
    path: `${orders}/bulk-status`,
    body: bulkStatusChange,
    status: 200,
    answer: bulkResults,
  },
  getOrder: { method: 'GET', path: `${orders}/{id}`, status: 200, answer: order },
  getOrderHistory: { method: 'GET', path: `${orders}/{id}/history`, status: 200, answer: orderHistory },
  changeOrder: { method: 'PATCH', path: `${orders}/{id}`, body: orderChange, status: 200, answer: order },
  moveOrder: { method: 'PATCH', path: `${orders}/{id}/status`, body: statusChange, status: 200, answer: order },
  undoMove: { method: 'POST', path: `${orders}/{id}/undo`, body: moveUndo, status: 200, answer: order },
  getOrderStats: { method: 'GET', path: `${orders}/stats`, query: statsQuery, status: 200, answer: orderStats },

  listProducts: { method: 'GET', path: products, query: productQuery, status: 200, answer: productPage },
  createProduct: { method: 'POST', path: products, body: productCreation, status: 201, answer: product },
  getProduct: { method: 'GET', path: `${products}/{id}`, status: 200, answer: product },
  changeProduct: { method: 'PATCH', path: `${products}/{id}`, body: productChange, status: 200, answer: product },
  archiveProduct: { method: 'DELETE', path: `${products}/{id}`, status: 200, answer: product },
  adjustStock: { method: 'POST', path: `${products}/{id}/stock`, body: stockAdjustment, status: 200, answer: product },
  listStockMovements: {
    method: 'GET',
    path: `${products}/{id}/stock-movements`,
    query: pageQuery,
    status: 200,
    answer: stockMovementPage,
  },

  listViews: { method: 'GET', path: views, status: 200, answer: savedViewPage },
  saveView: { method: 'POST', path: views, body: savedViewCreation, status: 201, answer: savedView },
  changeView: { method: 'PATCH', path: `${views}/{id}`, body: savedViewChange, status: 200, answer: savedView },
  deleteView: { method: 'DELETE', path: `${views}/{id}`, status: 204, answer: nothing },

  createTicket: { method: 'POST', path: '/live/ticket', status: 201, answer: ticket },
} as const satisfies Record<string, Call>;
