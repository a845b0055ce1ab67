import { Anchor, Button, NavLink, UnstyledButton } from '@mantine/core';
import { createLink } from '@tanstack/react-router';

/** Mantine's looks on the router's links: the address stays typed and a middle click opens a tab. */
export const TextLink = createLink(Anchor<'a'>);
export const ButtonLink = createLink(Button<'a'>);
export const NavigationLink = createLink(NavLink<'a'>);
export const PlainLink = createLink(UnstyledButton<'a'>);
