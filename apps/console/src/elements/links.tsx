import { Anchor, Button, NavLink, UnstyledButton, type ButtonProps, type UnstyledButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentPropsWithRef } from 'react';

/** Buttons are `<button>` unless told: a link that looks like one must still be a link. */
const ButtonAnchor = (props: ButtonProps & Omit<ComponentPropsWithRef<'a'>, keyof ButtonProps>) => <Button component="a" {...props} />;
const PlainAnchor = (props: UnstyledButtonProps & Omit<ComponentPropsWithRef<'a'>, keyof UnstyledButtonProps>) => <UnstyledButton component="a" {...props} />;

/** Mantine's looks on the router's links: the address stays typed and a middle click opens a tab. */
export const TextLink = createLink(Anchor<'a'>);
export const ButtonLink = createLink(ButtonAnchor);
export const NavigationLink = createLink(NavLink<'a'>);
export const PlainLink = createLink(PlainAnchor);
/** One of several pages of a room; the present one carries `aria-current`. */
export const SectionLink = createLink(PlainAnchor);
